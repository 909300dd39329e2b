import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { withDefaults } from '../../spec/defaults-testing.ts';
import { layoutBeside, layoutOf } from '../machine/layout.ts';
import { hostsEver, networkOf, placeBeside } from '../network/addresses.ts';
import { labSecrets, ofConsulIn } from './secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-lab-secrets-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const specOf = (name: string) =>
  withDefaults({
    version: 1,
    cluster: { name, size: 1 },
    targets: ['aws'],
    address: { cidr: '10.77.0.0/24' },
    consul: { servers: 'members', join: ['10.77.0.101'], version: '2.1.0' },
    etcd: { version: '3.7.3' },
    secrets: 'image',
  });

test('a cluster beside another has its gossip key and its CA of agents, and tokens of its own', async (t) => {
  const [first, second] = [specOf('a'), specOf('b')];
  const network = networkOf(first);
  const layout = layoutOf(folder);
  t.is(ofConsulIn(layout), undefined);
  const made = await labSecrets(first, hostsEver(first, network, undefined).slice(0, 1));
  made.keep(layout, { file: '-', text: 'version: 1\n' });
  t.is(statSync(layout.secrets).mode & 0o777, 0o700);
  for (const name of readdirSync(layout.secrets).filter((one) => !one.startsWith('spec')))
    t.is(statSync(join(layout.secrets, name)).mode & 0o777, 0o600, name);
  t.is(readFileSync(readFileSync(join(layout.secrets, 'spec'), 'utf8'), 'utf8'), 'version: 1\n');

  const hosts = hostsEver(second, network, placeBeside(network, 'b', 1)).slice(0, 1);
  const beside = await labSecrets(second, hosts, ofConsulIn(layout));
  const files = (of: typeof made, name: string) =>
    new Map(of.hostFiles({ name, role: 'etcd', address: '' }).map(({ path, content }) => [path, String(content)]));
  const [its, other] = [files(made, 'a'), files(beside, 'b-etcd-1')];
  t.is(its.size, 4, 'certificates are for hosts that were named');
  t.is(other.size, 4 + 9);
  const at = (name: string) => `/etc/quorumgate-secrets/${name}`;
  t.is(other.get(at('gossip')), its.get(at('gossip')));
  t.is(other.get(at('consul-ca.crt')), files(made, 'etcd-1').get(at('consul-ca.crt')));
  for (const name of ['agent', 'dns', 'sidekick']) t.not(other.get(at(name)), its.get(at(name)), name);
  t.not(
    other.get(at('peer-ca.crt')),
    files(made, 'etcd-1').get(at('peer-ca.crt')),
    'a member of one is none of the other',
  );
  beside.keep(layoutBeside(layout, 'b'), { file: '/x/b.yaml', text: '' });
  t.is(readFileSync(join(layout.secrets, 'beside-b/spec'), 'utf8'), '/x/b.yaml');
});

test('hosts that come in the place of others have certificates too', async (t) => {
  const spec = specOf('a');
  const hosts = hostsEver(spec, networkOf(spec), undefined).filter(({ name }) => /etcd-(1|39|40)$/.test(name));
  const { hostFiles } = await labSecrets(spec, hosts);
  const pems = hosts.map((host) => String(hostFiles(host).find(({ path }) => path.endsWith('/peer.crt'))?.content));
  t.regex(pems[1] ?? '', /BEGIN CERTIFICATE/);
  t.is(pems[1], pems[2]);
  t.not(pems[0], pems[1]);
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadAssets } from '../../../io/assets.ts';
import type { HostFile } from '../../host/host.ts';
import { compileForLab, hostsEver, type Lab, networkOf, start, throwawayCertificates } from '../../lab.ts';
import { run } from '../../machine/command.ts';
import {
  assertSound,
  assertWhole,
  eventually,
  inLab,
  labSpec,
  labTest,
  operate,
  output,
  PROGRAM,
  says,
  type TestLabOptions,
} from '../lab-testing.ts';

const ON_HOSTS = ['gossip', 'agent', 'dns', 'sidekick'];
const spec = (servers: string) =>
  labSpec({
    consul: `{servers: ${servers}, version: 2.1.0, encrypt: /etc/consul-secrets/gossip, tls: {ca: /etc/consul-tls/ca.crt, cert: /etc/consul-tls/consul.crt, key: /etc/consul-tls/consul.key}, tokens: {agent: /etc/consul-secrets/agent, dns: /etc/consul-secrets/dns, sidekick: /etc/consul-secrets/sidekick}}`,
    etcd: '{version: 3.5.16, replaceDeadAfter: 10}',
  });

/** Options of a lab whose hosts are given secrets, which this makes in a directory, and certificates for Consul. */
async function secured(text: string, directory: string): Promise<TestLabOptions> {
  await run(process.execPath, [PROGRAM, 'consul', 'secrets', '--dir', directory]);
  const { spec: compiled } = (await compileForLab({ text, file: 'x.yaml', assets: await loadAssets() })).compiled;
  if (compiled === undefined) throw new Error('the spec does not compile');
  const hosts = hostsEver(compiled, networkOf(compiled), undefined);
  const certificates = await throwawayCertificates(compiled, hosts);
  const secrets = ON_HOSTS.map((name): HostFile => {
    return { path: `/etc/consul-secrets/${name}`, mode: 0o600, content: readFileSync(join(directory, name), 'utf8') };
  });
  return { text, hostFiles: ({ name }) => [...secrets, ...(certificates.get(name) ?? [])] };
}

/** Nobody but its reader sees a secret: not in an environment, a command line or a journal, nor as another user. */
async function assertHidden(t: ExecutionContext, lab: Lab, directory: string): Promise<void> {
  const words = ON_HOSTS.map((name) => readFileSync(join(directory, name), 'utf8').trim());
  for (const { name } of lab.hosts) {
    const open = await output(
      lab,
      name,
      'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; journalctl -b --no-pager -o cat',
    );
    for (const word of words) t.false(open.includes(word), name);
    const files =
      '/etc/consul-secrets/* /run/quorumgate/token /run/quorumgate/consul.d/gossip.json /run/quorumgate/consul.d/token-*';
    const read = await output(lab, name, `runuser -u nobody -- cat ${files} | wc -c`);
    t.regex(read, /^0$/m, `${name}: ${read}`);
  }
}

async function play(t: ExecutionContext, servers: string, through: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'quorumgate-secured-'));
  try {
    const text = spec(servers);
    await inLab(
      await secured(text, directory),
      async (lab) => {
        // No token means anything yet.
        const wants = await says(
          lab,
          'etcd-1',
          /ACL not found|denies access|Permission denied/,
          'etcd-register-server.service',
        );
        t.regex(wants, /ACL not found|denies access|Permission denied/);
        const bootstrap = () => operate(lab, through, text, ['consul', 'bootstrap', 'SPEC', '--dir', directory]);
        const told = await eventually(bootstrap, ({ exitCode }) => exitCode === 0, 60);
        t.is(told.exitCode, 0, told.stderr);
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await assertSound(t, lab);
        const before = await assertWhole(t, lab);
        await assertHidden(t, lab, directory);

        const ask = (name: string, path: string, more = '') =>
          output(lab, name, `curl -s -m 5 -o /dev/null -w '%{http_code}' ${more} http://127.0.0.1:8500${path}`);
        t.is(await ask('etcd-1', '/v1/kv/etcd3/mycluster/bootstrap'), '403');
        t.is(await ask('etcd-1', '/v1/kv/etcd3/mycluster/bootstrap', '-X PUT -d x'), '403');
        t.is(await ask('etcd-1', '/v1/agent/leave', '-X PUT'), '403');
        const named = await output(lab, 'etcd-2', 'dig +short @127.0.0.1 mycluster.etcd3.service.dc1.consul');
        t.is(named.split('\n').length, 3, named);

        await lab.fault.wipe('etcd-2');
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await lab.fault.replace('etcd-3', { sameAddress: true });
        t.is((await lab.wait({ timeoutSeconds: 240 })).outcome, 'up');
        await assertSound(t, lab);
        const after = await assertWhole(t, lab);
        t.is(after.get('etcd-1'), before.get('etcd-1') ?? '');

        const list = (env: Record<string, string>) =>
          operate(lab, through, text, ['member', 'list', 'SPEC'], undefined, env);
        const without = await list({});
        t.regex(without.stderr, /lacks .*key_prefix "etcd3\/mycluster\/"/);
        const listed = await list({ CONSUL_HTTP_TOKEN_FILE: join(directory, 'operator') });
        t.is(listed.exitCode, 0, listed.stderr);
      },
      start,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

labTest('ACLs, gossip key and TLS, servers on the members: born, wiped, replaced; no secret shows', async (t) => {
  t.timeout(900_000);
  await play(t, 'members, join: [10.77.0.101, 10.77.0.102, 10.77.0.103]', 'etcd-1');
});

labTest('the same with servers of a role', async (t) => {
  t.timeout(900_000);
  await play(t, 'role, count: 3, join: [10.77.0.11, 10.77.0.12, 10.77.0.13]', 'consul-server-1');
});

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dump, load } from 'js-yaml';
import { makeSecrets } from '../../operator/consul/bootstrap.ts';
import { compileForLab, hostsEver, type Lab, networkOf, throwawayCertificates, type UpOptions } from '../lab.ts';
import { hostPaths, layoutOf } from '../machine/layout.ts';

/** Scenarios whose spec says `tls: off` are played on a cluster that is secured, where this is set. */
const isSecured = process.env['QUORUMGATE_TEST_SECURED'] === '1';

interface Draft {
  tls?: unknown;
  consul: { version?: string; encrypt?: string; servers: string };
}

/** A spec as a secured one; one that says itself what is secured, or has its Consul elsewhere, stays. */
export function securedText(text: string): string {
  const { tls, consul, ...rest } = load(text) as Draft;
  if (!isSecured || tls !== 'off' || consul.encrypt !== undefined || consul.servers === 'existing') return text;
  return dump({ ...rest, secrets: 'image', consul: { version: '2.1.0', ...consul } });
}

/** Options of a lab whose hosts have all secrets, and whose Consul learns its tokens as soon as it can. */
export async function securedOptions<T extends UpOptions>(given: T, program: string): Promise<T> {
  const text = securedText(given.text);
  if (text === given.text) return given;
  const { secrets } = layoutOf(given.directory);
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  await makeSecrets(secrets);
  const { spec } = (await compileForLab({ ...given, text })).compiled;
  if (spec === undefined) throw new Error('the secured spec does not compile');
  const certificates = await throwawayCertificates(spec, hostsEver(spec, networkOf(spec), undefined));
  const words = readdirSync(secrets)
    .filter((name) => !['operator', 'management'].includes(name))
    .map((name) => {
      return { path: `/etc/quorumgate-secrets/${name}`, mode: 0o600, content: readFileSync(join(secrets, name)) };
    });
  const file = join(secrets, 'spec.yaml');
  writeFileSync(file, text);
  return {
    ...given,
    text,
    hostFiles: (host) => [...words, ...(certificates.get(host.name) ?? []), ...(given.hostFiles?.(host) ?? [])],
    onStart: (lab) => teach(lab, [process.execPath, program, 'consul', 'bootstrap', file, '--dir', secrets]),
  };
}

/** Whether Consul has learnt its tokens is for the test to see. */
async function teach(lab: Lab, command: string[]): Promise<void> {
  const server = lab.hosts.find(({ role }) => role === 'consul-server') ?? lab.hosts[0];
  for (let tries = 0; server !== undefined && tries < 120; tries++) {
    const { exitCode } = await lab.net(server.name, command).catch(() => ({ exitCode: 1 }));
    if (exitCode === 0) return;
    await sleep(1000);
  }
}

/** Variables of an operator: his token, and a certificate that etcd takes. */
export function operatorEnvironment({ layout }: Lab, through: string): Record<string, string> {
  if (!isSecured) return {};
  const file = (name: string) => join(hostPaths(layout, through).root, 'etc/quorumgate-secrets', name);
  return {
    CONSUL_HTTP_TOKEN_FILE: join(layout.secrets, 'operator'),
    ETCDCTL_CERT: file('server.crt'),
    ETCDCTL_KEY: file('server.key'),
    ETCDCTL_CACERT: file('client-ca.crt'),
  };
}

import { inside, readOn } from '../host/inside.ts';
import type { HostState } from '../host/state.ts';
import type { Finished } from '../machine/command.ts';
import type { Layout } from '../machine/layout.ts';
import { slowest } from '../target/targets.ts';

/** A file in systemd's `KEY=value` form. */
function parseEnvironment(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const match = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim());
      return match === null ? [] : [[match[1] ?? '', (match[2] ?? '').replace(/^"(.*)"$/, '$1')] as const];
    }),
  );
}

/** The variables of a host, as the compiler wrote them. */
export async function clusterEnvironment(layout: Layout, host: HostState): Promise<Map<string, string>> {
  try {
    return parseEnvironment(await readOn(layout, host, '/etc/quorumgate/cluster.env'));
  } catch {
    return new Map();
  }
}

export function clientUrl(environment: ReadonlyMap<string, string>, host: HostState): string {
  return `${environment.get('QG_SCHEME') ?? 'http'}://${host.address}:${environment.get('QG_CLIENT_PORT') ?? '2379'}`;
}

/** etcdctl's settings on a host: its certificates, and the given members' endpoints. */
export async function etcdctlEnvironment(
  layout: Layout,
  host: HostState,
  of: readonly HostState[],
): Promise<Record<string, string>> {
  const environment = await clusterEnvironment(layout, host);
  const pairs = [
    ['ETCDCTL_CACERT', environment.get('ETCD_TRUSTED_CA_FILE')],
    ['ETCDCTL_CERT', environment.get('ETCD_CERT_FILE')],
    ['ETCDCTL_KEY', environment.get('ETCD_KEY_FILE')],
  ].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return {
    ...Object.fromEntries(pairs),
    ETCDCTL_API: '3',
    ETCDCTL_ENDPOINTS: of.map((member) => clientUrl(environment, member)).join(','),
  };
}

/** Seconds for an answer, from a host in a namespace. */
export const ANSWER = 3;

/** Runs etcdctl inside a host, by default against that host's own member. */
export async function etcdctl(
  layout: Layout,
  host: HostState,
  args: string[],
  of: readonly HostState[] = [host],
): Promise<Finished> {
  const env = await etcdctlEnvironment(layout, host, of);
  return inside(host, ['etcdctl', `--command-timeout=${ANSWER * slowest([host])}s`, ...args], { env });
}

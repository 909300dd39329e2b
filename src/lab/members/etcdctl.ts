import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inside } from '../host/inside.ts';
import type { HostState } from '../host/state.ts';
import type { Finished } from '../machine/command.ts';
import { hostPaths, type Layout } from '../machine/layout.ts';

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
export function clusterEnvironment(layout: Layout, host: HostState): Map<string, string> {
  try {
    return parseEnvironment(
      readFileSync(join(hostPaths(layout, host.name).root, 'etc/quorumgate/cluster.env'), 'utf8'),
    );
  } catch {
    return new Map();
  }
}

export function clientUrl(environment: ReadonlyMap<string, string>, host: HostState): string {
  return `${environment.get('QG_SCHEME') ?? 'http'}://${host.address}:${environment.get('QG_CLIENT_PORT') ?? '2379'}`;
}

/** etcdctl's settings on a host: its certificates, and the given members' endpoints. */
export function etcdctlEnvironment(layout: Layout, host: HostState, of: readonly HostState[]): Record<string, string> {
  const environment = clusterEnvironment(layout, host);
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

/** Runs etcdctl inside a host, by default against that host's own member. */
export function etcdctl(
  layout: Layout,
  host: HostState,
  args: string[],
  of: readonly HostState[] = [host],
): Promise<Finished> {
  const env = etcdctlEnvironment(layout, host, of);
  return inside(host, ['etcdctl', '--command-timeout=3s', ...args], { env });
}

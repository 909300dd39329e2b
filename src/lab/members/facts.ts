import { inside } from '../host/inside.ts';
import type { HostState, LabState } from '../host/state.ts';
import type { Layout } from '../machine/layout.ts';
import { labTarget } from '../target/targets.ts';
import { viewCluster } from './cluster.ts';

/** Facts that a test wants to know of a host. */
export interface HostFacts {
  host: string;
  role: HostState['role'];
  /** Units in `failed`. */
  failed: string[];
  /** `cloud-init status --long --format json`, where it is cloud-init that reads. */
  cloudInit?: { exitCode: number; status: string; errors: string[]; recoverable: Record<string, string[]> };
  clusterId: string;
  memberId: string;
}

async function cloudInit(host: HostState): Promise<Pick<HostFacts, 'cloudInit'>> {
  if (labTarget(host.target).reader !== 'cloud-init') return {};
  const { exitCode, stdout } = await inside(host, ['cloud-init', 'status', '--long', '--format', 'json']);
  const told = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
    status?: string;
    errors?: string[];
    recoverable_errors?: Record<string, string[]>;
  };
  const { status = '', errors = [], recoverable_errors: recoverable = {} } = told;
  return { cloudInit: { exitCode, status, errors, recoverable } };
}

/** Facts of every host; a host that does not run is an error. */
export async function readFacts(layout: Layout, state: LabState): Promise<HostFacts[]> {
  const { rows } = await viewCluster(layout, state);
  return Promise.all(
    state.hosts.map(async (host) => {
      const failed = await inside(host, ['systemctl', '--failed', '--plain', '--no-legend', '--no-pager']);
      const row = rows.find((candidate) => candidate.host === host.name);
      return {
        host: host.name,
        role: host.role,
        failed: failed.stdout.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []),
        ...(await cloudInit(host)),
        clusterId: row?.clusterId ?? '',
        memberId: row?.memberId ?? '',
      };
    }),
  );
}

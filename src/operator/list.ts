import { fitted } from '../format/columns.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import { type ClusterView, hostOf, readCluster } from './cluster.ts';
import { disputes } from './disks.ts';
import type { OperatorPorts } from './host/ports.ts';
import { notes } from './retire.ts';
import { withConsul } from './with-consul.ts';

/** One member, as it is shown. */
interface MemberRow {
  name: string;
  id: string;
  peerUrl: string;
  role: 'learner' | 'leader' | 'voter';
  health: string;
  host: 'not registered' | 'alive' | 'not alive';
  retired: boolean;
}

function rowsOf({ members, hosts, leader, keys }: ClusterView): MemberRow[] {
  return members.map((member) => {
    const host = hostOf(member, hosts);
    return {
      name: member.name,
      id: member.id,
      peerUrl: member.peerUrls.join(','),
      role: member.isLearner ? 'learner' : member.id === leader ? 'leader' : 'voter',
      health: member.health,
      host: host === undefined ? 'not registered' : host.alive ? 'alive' : 'not alive',
      retired: keys.retired.has(host?.meta.incarnation ?? ''),
    };
  });
}

/** The members as a table, and what stands beside it, line by line. Pure. */
export function listing(view: ClusterView, width?: number): string[] {
  const isRetired = (incarnation = '') => (view.keys.retired.has(incarnation) ? 'retired' : '');
  const rows = rowsOf(view).map(({ name, id, peerUrl, role, health, host, retired }) => {
    return [name || '(not started)', id, peerUrl, role, health, host, retired ? 'retired' : '-'];
  });
  const head = ['NAME', 'ID', 'PEER URL', 'ROLE', 'HEALTH', 'HOST', 'RETIRED'];
  const others = view.hosts.filter((host) => !view.members.some((member) => hostOf(member, view.hosts) === host));
  const described = others.map(({ node, alive, meta }) => {
    return [node, alive ? 'alive' : 'not alive', meta.state ?? 'unknown', isRetired(meta.incarnation)].filter(Boolean);
  });
  const agreed = view.known.record?.cluster_id;
  const verdict =
    agreed === undefined ? 'Consul has no record' : agreed === view.clusterId ? 'as predicted' : `NOT ${agreed}`;
  return [
    ...fitted([head, ...rows], width),
    `cluster ${view.clusterId}: ${verdict}`,
    ...(view.leader === undefined ? ['no leader'] : []),
    ...(view.doubt === undefined ? [] : [`in doubt: ${view.doubt.why}`]),
    ...described.map(([name, ...rest]) => `not a member: ${name} (${rest.join(', ')})`),
    ...[...disputes(view), ...notes(view)].map((note) => `beside it: ${note}`),
  ];
}

/** Prints the members. @returns them, for programs */
export function list(
  settings: Settings,
  ports: OperatorPorts,
  lineage: string | undefined,
  say: (line: string) => void,
  width?: number,
): Promise<MemberRow[]> {
  return withConsul(async () => {
    const view = await readCluster(settings, ports, lineage);
    for (const line of listing(view, width)) say(line);
    return rowsOf(view);
  });
}

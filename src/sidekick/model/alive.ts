import type { ClusterRecord } from '../shared/record.ts';
import { elect, knownMemberId, makeConfig, type Wal } from './log.ts';
import type { World } from './world.ts';

/** Whether a quorum of a cluster's disks lives, wherever it is. */
export function isAlive(world: World, cluster: string): boolean {
  const wals = world.hosts.flatMap(({ disk: { wal } }) => (wal?.clusterId === cluster ? [wal] : []));
  return elect(wals) !== undefined;
}

/** Whether a quorum lives: of disks with data, and of those that may yet start from the record's list. */
export function canServe(world: World, record: ClusterRecord): boolean {
  const head = world.roots.get(record.cluster_id) ?? {
    order: 0,
    before: undefined,
    config: makeConfig(
      record.members.map(({ peer_url: url }) => ({ id: knownMemberId(url, record.token), url, learner: false })),
    ),
  };
  const wals = world.hosts.flatMap(({ disk, name }): Wal[] => {
    if (world.consul.retired.has(disk.incarnation) || disk.machine !== name) return [];
    if (disk.wal !== undefined) return disk.wal.clusterId === record.cluster_id ? [disk.wal] : [];
    const listed = record.members.find(({ incarnation }) => incarnation === disk.incarnation);
    if (listed === undefined) return [];
    const id = knownMemberId(listed.peer_url, record.token);
    const isUnused =
      disk.phase === 'fresh' ||
      disk.quarantined !== undefined ||
      (disk.record?.generation ?? 0) < record.generation ||
      (disk.mark && disk.memberId === id);
    return isUnused ? [{ clusterId: record.cluster_id, memberId: id, head }] : [];
  });
  return elect(wals) !== undefined;
}

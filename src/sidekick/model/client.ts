import { agree, candidates, reachesConsul, register } from './consul.ts';
import { running } from './etcd.ts';
import { elect } from './log.ts';
import { promote, publish, readMembers } from './members.ts';
import type { Rules } from './rules.ts';
import type { Host, World } from './world.ts';

/** One attempt of etcd-register to register this host's etcd for clients: register/client.ts. */
export function verify(world: World, host: Host, rules: Rules): void {
  const { wal, record, memberId } = host.disk;
  if (!host.etcd || wal === undefined || record === undefined) return;
  if (wal.clusterId !== record.cluster_id) {
    if (!rules.quarantine) return;
    host.disk.quarantined = wal.clusterId;
    host.etcd = false;
    world.story?.push(`${host.name} ran in cluster ${wal.clusterId}, predicted was ${record.cluster_id}: stopped`);
    return;
  }
  publish(world, host);
  const asked = reachesConsul(world, host);
  const alive = candidates(world).map(({ peerUrl }) => peerUrl);
  const urls = new Set([...(asked ? alive : []), ...record.members.map((member) => member.peer_url)]);
  const list = readMembers(world, host, urls);
  if (!list.known) return;
  const mine = list.value.members.find(({ id }) => id === memberId);
  if (mine?.isLearner) promote(world, host, wal.clusterId, mine.id);
  if (!asked) return;
  if (world.consul.record === undefined) agree(world, record);
  if (world.consul.record?.cluster_id !== wal.clusterId || !elect(running(world, wal.clusterId, host.net))) return;
  host.disk.mark = false;
  register(world, host, rules);
}

import { makeRecord } from '../shared/record.ts';
import { canServe } from './alive.ts';
import { agree, candidates, forgetLooks } from './consul.ts';
import { running } from './etcd.ts';
import { elect } from './log.ts';
import { removeMember } from './members.ts';
import type { Host, World } from './world.ts';

/** An operator retires a disk: under the lock, the key and then the member's removal. */
export function retire(world: World, host: Host): void {
  const { consul } = world;
  const cluster = consul.record?.cluster_id;
  // A copied disk names itself as the one that it was copied from.
  const isOwn = host.disk.machine === host.name;
  if (!consul.hasLeader || consul.lock !== undefined || cluster === undefined || !isOwn) return;
  const operator = world.hosts.find(({ etcd, net, disk }) => etcd && net === 0 && disk.wal?.clusterId === cluster);
  const won = operator && elect(running(world, cluster, 0));
  if (won === undefined) return;
  const mine = won.head.config.seats.find(({ url }) => url === host.url);
  if (mine !== undefined && !removeMember(world, operator as Host, cluster, mine.id)) return;
  consul.retired.add(host.disk.incarnation);
  forgetLooks(world);
  world.story?.push(`an operator retires ${host.disk.incarnation}`);
}

/** An operator says that all data is lost, when it is; refused while any host registers some. */
export function reset(world: World): void {
  const { consul } = world;
  const former = consul.record;
  if (!consul.hasLeader || former === undefined || canServe(world, former)) return;
  const peers = candidates(world).filter(({ meta }) => !consul.retired.has(meta.incarnation ?? ''));
  const isRunning = (url: string) => world.hosts.some((host) => host.url === url && host.etcd && host.net === 0);
  const isRefused = peers.some(
    ({ meta, peerUrl }) => meta.state === 'member' || isRunning(peerUrl) || meta.size !== String(peers.length),
  );
  if (isRefused || peers.length === 0) return;
  const members = peers.map((peer) => ({
    name: peer.node,
    incarnation: peer.meta.incarnation ?? '',
    peer_url: peer.peerUrl,
  }));
  world.counter += 1;
  agree(world, makeRecord(members, `t${world.counter}`, former.generation + 1));
  forgetLooks(world);
  world.story?.push(`an operator resets: generation ${former.generation + 1} of ${peers.map(({ node }) => node)}`);
}

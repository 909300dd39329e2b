import { clusterId } from '../shared/cluster-id.ts';
import { candidates } from './consul.ts';
import { guardBirth, isReplaced } from './guard.ts';
import {
  type Config,
  type Election,
  type Entry,
  elect,
  holds,
  knownMemberId,
  makeConfig,
  quorumOf,
  type Seat,
  type Wal,
} from './log.ts';
import { knowers, running } from './running.ts';
import { urlOf } from './settings.ts';
import { remember, type Volume } from './volume.ts';
import { breach, type Host, next, RESTART, volumeOf, type World } from './world.ts';

/** Starts etcd with what its gate has left it in its environment: with its data, or from the list it is handed. */
export function startEtcd(world: World, host: Host): void {
  const volume = volumeOf(host);
  const { decision = {}, failing } = host;
  host.failing = 'none';
  if (volume.log === undefined) guardCompany(world, host, decision);
  // Before its log etcd makes a database.
  if (failing === 'remains' && volume.log === undefined) volume.snap ??= 'none yet';
  if (failing !== 'none') {
    world.story?.push(`etcd on ${host.name} comes to nothing`);
    host.restartAt = world.clock + RESTART;
    return;
  }
  const wal = volume.log ?? firstLog(world, host, decision, volume);
  if (wal === undefined) {
    world.story?.push(`etcd on ${host.name} ends without a log`);
    host.restartAt = world.clock + RESTART;
    return;
  }
  const isSame = (a: Wal) => a.memberId === wal.memberId && a.clusterId === wal.clusterId;
  const twin = world.hosts.find((other) => other !== host && other.etcd && isSame(other.etcd.wal));
  // Nobody can tell a copy that has lost what lies beside its log, where its member is by that log.
  const isHere = seatsOf(wal).some(({ id, url }) => id === wal.memberId && url === urlOf(world, host.address));
  if (wal.home !== host.root.machineId && volume.identity === undefined && isHere)
    world.excused = 'a copy without its identity';
  if (twin) breach(world, `${host.name} and ${twin.name} run the same member ${wal.memberId}`);
  Object.assign(volume, { log: wal, snap: wal.clusterId });
  host.etcd = { volume, wal, url: urlOf(world, host.address), isFollowed: false };
  world.story?.push(`etcd on ${host.name} starts as ${wal.memberId} of ${wal.clusterId}`);
}

function firstLog(world: World, host: Host, decision: Record<string, string>, volume: Volume): Wal | undefined {
  const wal =
    decision.ETCD_INITIAL_CLUSTER_STATE === 'new' ? newLog(world, host, decision) : existingLog(world, host, decision);
  if (wal === undefined) return undefined;
  guardBirth(world, host, volume, wal);
  volume.mark = undefined;
  wal.home = host.root.machineId;
  volume.log = wal;
  remember(volume);
  return wal;
}

/** The peer URLs in an ETCD_INITIAL_CLUSTER. */
const urlsIn = (list = '') => list.split(',').flatMap((item) => item.split('=')[1] ?? []);

function newLog(world: World, host: Host, decision: Record<string, string>): Wal | undefined {
  const asks = decision.ETCD_DISCOVERY_SRV !== undefined;
  const urls = asks ? srvUrls(world, host, true) : urlsIn(decision.ETCD_INITIAL_CLUSTER);
  const token = decision.ETCD_INITIAL_CLUSTER_TOKEN ?? '';
  const url = urlOf(world, host.address);
  if (!urls.includes(url)) return undefined;
  const cluster = clusterId(urls, token);
  const id = knownMemberId(url, token);
  // etcd's own guard sees a former life only while another member answers.
  const known = knowers(world, host, cluster, urls).some(({ head }) => head?.config.named.includes(id));
  if (known) return undefined;
  let head = world.roots.get(cluster);
  if (head === undefined) {
    const seats = urls.map((one) => ({ id: knownMemberId(one, token), url: one, learner: false }));
    head = { order: 0, before: undefined, config: makeConfig(seats) };
    world.roots.set(cluster, head);
  }
  return { clusterId: cluster, memberId: id, head };
}

/** Peer URLs that a host hears from DNS: the gate, and where etcd asks by itself, etcd once more and later. */
export function srvUrls(world: World, host: Host, isEtcd: boolean): string[] {
  const urls = candidates(world).map(({ address }) => urlOf(world, address));
  if (host.dns === 'agrees' || (host.dns === 'flaky' && !isEtcd)) return urls;
  const mine = urlOf(world, host.address);
  const last = urls.findLastIndex((url) => url !== mine);
  return urls.filter((_, index) => index !== last);
}

/** Guards that no host begins as one of strangers that pass for its cluster, be it in vain, while anybody could have told otherwise. */
function guardCompany(world: World, host: Host, decision: Record<string, string>): void {
  const urls = decision.ETCD_INITIAL_CLUSTER_STATE === 'new' ? [] : urlsIn(decision.ETCD_INITIAL_CLUSTER);
  const isTrue = world.hosts.some(({ etcd, net }) => etcd && net === host.net && urls.includes(etcd.url));
  const twin = urls.flatMap((url) => world.strangers.get(url) ?? []).find((stranger) => stranger.twin);
  if (isTrue || !twin?.members.some(({ url }) => url === urlOf(world, host.address))) return;
  if (twin.twin === 'believed') world.excused = 'in plain http only liars answered';
  else breach(world, `${host.name} joins strangers that pass for its cluster`);
}

/** etcd's own rule: the list must be that of the members, as the first of them that answers has it. */
function existingLog(world: World, host: Host, decision: Record<string, string>): Wal | undefined {
  const urls = urlsIn(decision.ETCD_INITIAL_CLUSTER);
  const mine = urlOf(world, host.address);
  const peer = world.hosts.find(({ etcd, net }) => etcd && net === host.net && urls.includes(etcd.url));
  const wal = peer?.etcd?.wal;
  const seats = wal && seatsOf(wal);
  const seat = seats?.find(({ url }) => url === mine);
  if (!wal || !seat || urls.length !== seats?.length || !seats.every(({ url }) => urls.includes(url))) return undefined;
  return { clusterId: wal.clusterId, memberId: seat.id, head: undefined, told: seats };
}

/** The members as a member has them. */
export const seatsOf = ({ head, told = [] }: Wal): readonly Seat[] => head?.config.seats ?? told;

/** The leader that those in one net have; it has all that was ever acknowledged, or that is lost. */
export function lead(world: World, cluster: string, net: number): Election | undefined {
  const won = elect(running(world, cluster, net));
  const last = world.acknowledged.get(cluster);
  if (won !== undefined && last !== undefined && !holds(won.head, last) && !world.rolledBack.has(cluster)) {
    breach(world, `cluster ${cluster} has lost an acknowledged write`);
  }
  return won;
}

/** A write, or a change of the members, on just a quorum: the others hear of it later, or never. */
export function commit(world: World, cluster: string, won: Election, config: Config = won.head.config): void {
  const { leader, head, votes } = won;
  const entry: Entry = { order: next(world), before: head, config };
  let missing = quorumOf(head.config.voters) - 1;
  // Not always the same.
  for (let index = 0; index < votes.length && missing > 0; index++) {
    const wal = votes[(index + world.counter) % votes.length];
    if (wal === undefined || wal === leader) continue;
    wal.head = entry;
    missing -= 1;
  }
  leader.head = entry;
  world.acknowledged.set(cluster, entry);
}

/** A client's write to every cluster that can take one; torn: it reaches nobody but a leader, and is not acknowledged. */
export function writeData(world: World, torn: boolean): void {
  const asked = new Set<string>();
  for (const { etcd, net } of world.hosts) {
    const cluster = etcd?.wal.clusterId;
    if (cluster === undefined || asked.has(`${cluster} ${net}`)) continue;
    asked.add(`${cluster} ${net}`);
    const won = lead(world, cluster, net);
    if (won === undefined) continue;
    if (!torn) commit(world, cluster, won);
    else won.leader.head = { order: next(world), before: won.head, config: won.head.config };
  }
}

/** A member hears what the leader has; one that was removed ends. A new one tells its name. */
export function hear(world: World, host: Host): void {
  const { etcd } = host;
  if (etcd === undefined) return;
  const { wal } = etcd;
  const won = lead(world, wal.clusterId, host.net);
  const head = won?.head;
  const isRemoved = [...running(world, wal.clusterId, host.net)].some((one) =>
    one.head?.config.removed.includes(wal.memberId),
  );
  if (isRemoved) {
    host.etcd = undefined;
    world.story?.push(`etcd on ${host.name} ends: it hears that it was removed`);
    return;
  }
  if (won === undefined || head === undefined || !head.config.seats.some(({ id }) => id === wal.memberId)) return;
  if ((wal.head?.order ?? -1) < head.order) wal.head = head;
  const { seats, named, removed } = head.config;
  if (named.includes(wal.memberId)) return;
  commit(world, wal.clusterId, won, makeConfig(seats, [...named, wal.memberId], removed));
  wal.head = world.acknowledged.get(wal.clusterId);
}

/** A log that could be started. */
function startable(world: World, host: Host, volume: Volume): Wal | undefined {
  const { root, etcd } = host;
  const { identity, log } = volume;
  // A log that is hidden, and that nobody remembers, nobody will find.
  if (log === undefined || (volume !== volumeOf(host) && root.place?.memberId !== log.memberId)) return undefined;
  if (world.discovery === 'srv' && !world.agreed.has(log.clusterId)) return undefined;
  // Data that was lost when an operator put another cluster in its place, and came back.
  if (isReplaced(world, { own: identity?.record, cluster: log.clusterId })) return undefined;
  // A copied disk counts when it is started.
  return identity?.machineId === root.machineId || etcd?.wal === log ? log : undefined;
}

/** Two clusters, each with a quorum of disks: the worst. */
export function findSplit(world: World): string | undefined {
  const disks = new Map<string, Wal[]>();
  for (const host of world.hosts) {
    for (const volume of host.volume ? [host.root.data, host.volume] : [host.root.data]) {
      const log = startable(world, host, volume);
      if (log === undefined) continue;
      const those = disks.get(log.clusterId);
      if (those === undefined) disks.set(log.clusterId, [log]);
      else those.push(log);
    }
  }
  if (disks.size < 2) return undefined;
  const able = [...disks].filter(([, wals]) => elect(wals)).map(([id]) => id);
  return able.length > 1 ? `two clusters, each with a quorum: ${able.join(' and ')}` : undefined;
}

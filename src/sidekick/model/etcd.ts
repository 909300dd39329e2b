import { clusterId } from '../shared/cluster-id.ts';
import type { Launch } from './gate.ts';
import {
  type Config,
  type Election,
  type Entry,
  elect,
  holds,
  knownMemberId,
  makeConfig,
  quorumOf,
  type Wal,
} from './log.ts';
import type { Rules } from './rules.ts';
import type { Host, World } from './world.ts';

/** The logs of a cluster's running members, of all or of those in one net. */
export function running(world: World, cluster: string, net?: number): Wal[] {
  const wals: Wal[] = [];
  for (const { etcd, disk, net: at } of world.hosts) {
    if (etcd && disk.wal?.clusterId === cluster && (net === undefined || at === net)) wals.push(disk.wal);
  }
  return wals;
}

/** Starts etcd as it would start: with its data, or from the list it was handed. */
export function startEtcd(world: World, host: Host, launch: Launch, rules: Rules): void {
  // With no data and no list the state is `existing`, and etcd ends.
  const wal = host.disk.wal ?? (launch.how === 'data' ? undefined : firstLog(world, host, launch, rules));
  if (wal === undefined) {
    world.story?.push(`etcd on ${host.name} ends without a log`);
    return;
  }
  const twin = world.hosts.find(({ etcd, disk }) => etcd && isSame(disk.wal, wal));
  if (twin) world.violation ??= `${host.name} and ${twin.name} run the same member ${wal.memberId}`;
  host.disk.wal = wal;
  host.etcd = true;
}

const isSame = (a: Wal | undefined, b: Wal) => a?.memberId === b.memberId && a.clusterId === b.clusterId;

function firstLog(world: World, host: Host, launch: Exclude<Launch, { how: 'data' }>, rules: Rules): Wal | undefined {
  const wal = launch.how === 'new' ? newLog(world, host, launch) : existingLog(world, host, launch, rules);
  if (wal === undefined) return undefined;
  const birth = `${wal.clusterId}/${wal.memberId}`;
  // A cluster that etcd found by its own look at DNS, and nobody agreed on, is stopped before anybody relies on it.
  const isStray = world.discovery === 'srv' && !world.agreed.has(wal.clusterId);
  if (world.born.has(birth) && !isStray) {
    world.violation ??= `${host.name} started member ${wal.memberId} a second time from an empty log`;
  }
  world.born.add(birth);
  return wal;
}

function newLog(world: World, host: Host, { record }: Extract<Launch, { how: 'new' }>): Wal | undefined {
  const urls = world.discovery === 'srv' ? srvUrls(world, host, true) : record.members.map((member) => member.peer_url);
  if (!urls.includes(host.url)) return undefined;
  const cluster = world.discovery === 'srv' ? clusterId(urls, record.token) : record.cluster_id;
  const id = knownMemberId(host.url, record.token);
  // etcd's own guard sees a former life only while another member answers.
  if (world.born.has(`${cluster}/${id}`) && running(world, cluster, host.net).length > 0) return undefined;
  let head = world.roots.get(cluster);
  if (head === undefined) {
    const seats = urls.map((url) => ({ id: knownMemberId(url, record.token), url, learner: false }));
    head = { order: 0, before: undefined, config: makeConfig(seats) };
    world.roots.set(cluster, head);
  }
  return { clusterId: cluster, memberId: id, head };
}

/** What a host hears from DNS: the gate, and where etcd asks by itself, etcd once more and later. */
export function srvUrls(world: World, host: Host, isEtcd: boolean): string[] {
  const urls = [...world.consul.catalog.values()].filter(({ passing }) => passing).map(({ url }) => url);
  if (host.dns === 'agrees' || (host.dns === 'flaky' && !isEtcd)) return urls;
  const last = urls.findLastIndex((url) => url !== host.url);
  return urls.filter((_, index) => index !== last);
}

/** etcd's own rule: the list must be that of the members, as one of them that it can ask has it. */
function existingLog(
  world: World,
  host: Host,
  { record, members }: Extract<Launch, { how: 'existing' }>,
  rules: Rules,
): Wal | undefined {
  const [peer] = running(world, record.cluster_id, host.net);
  if (peer === undefined) return undefined;
  // Which one it asks nobody can choose; it is taken for granted that the one asked has heard of the latest change.
  const latest = world.acknowledged.get(record.cluster_id) ?? world.roots.get(record.cluster_id);
  const head = rules.freshPeers ? latest : peer.head;
  const seats = head?.config.seats ?? [];
  const urls = new Set(members.flatMap(({ peerUrls }) => peerUrls));
  const mine = seats.find(({ url }) => url === host.url);
  if (mine === undefined || urls.size !== seats.length || !seats.every(({ url }) => urls.has(url))) return undefined;
  return { clusterId: record.cluster_id, memberId: mine.id, head: undefined };
}

/** A member that hears from another that it was removed ends. */
export function hear(world: World, host: Host): void {
  const { wal } = host.disk;
  if (!host.etcd || wal === undefined) return;
  const others = running(world, wal.clusterId, host.net);
  if (!others.some(({ head }) => head?.config.removed.includes(wal.memberId))) return;
  host.etcd = false;
  world.story?.push(`etcd on ${host.name} ends: it hears that it was removed`);
}

/** The leader that those in one net have; it has all that was ever acknowledged, or that is lost. */
export function lead(world: World, cluster: string, net: number): Election | undefined {
  const won = elect(running(world, cluster, net));
  const last = world.acknowledged.get(cluster);
  if (won !== undefined && last !== undefined && !holds(won.head, last)) {
    world.violation ??= `cluster ${cluster} has lost an acknowledged write`;
  }
  return won;
}

/** A write, or a change of the members, on just a quorum: the others hear of it later, or never. */
export function commit(world: World, cluster: string, won: Election, config: Config = won.head.config): void {
  const { leader, head, votes } = won;
  world.counter += 1;
  const entry: Entry = { order: world.counter, before: head, config };
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
export function write(world: World, torn: boolean): void {
  const asked = new Set<string>();
  for (const { etcd, disk, net } of world.hosts) {
    const cluster = disk.wal?.clusterId;
    if (!etcd || cluster === undefined || asked.has(`${cluster} ${net}`)) continue;
    asked.add(`${cluster} ${net}`);
    const won = lead(world, cluster, net);
    if (won === undefined) continue;
    if (!torn) commit(world, cluster, won);
    else {
      world.counter += 1;
      won.leader.head = { order: world.counter, before: won.head, config: won.head.config };
    }
  }
}

/** A cluster that has a running quorum. */
export function findServing(world: World): string | undefined {
  return world.hosts.find(({ etcd, disk, net }) => etcd && disk.wal && elect(running(world, disk.wal.clusterId, net)))
    ?.disk.wal?.clusterId;
}

/** Two clusters, each with a quorum of disks: the worst. */
export function findSplit(world: World): string | undefined {
  const disks = new Map<string, Wal[]>();
  for (const { disk, name, etcd } of world.hosts) {
    const { wal } = disk;
    // A copied disk counts when it is started.
    if (
      wal === undefined ||
      (disk.machine !== name && !etcd) ||
      (world.discovery === 'srv' && !world.agreed.has(wal.clusterId))
    )
      continue;
    const those = disks.get(wal.clusterId);
    if (those === undefined) disks.set(wal.clusterId, [wal]);
    else those.push(wal);
  }
  if (disks.size < 2) return undefined;
  const able = [...disks].filter(([, wals]) => elect(wals)).map(([id]) => id);
  return able.length > 1 ? `two clusters, each with a quorum: ${able.join(' and ')}` : undefined;
}

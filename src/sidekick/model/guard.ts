import { parseList } from '../shared/keys.ts';
import { isSigned, signedText } from '../shared/proof.ts';
import { type ClusterRecord, parseRecord } from '../shared/record.ts';
import { elect, type Seat, type Wal } from './log.ts';
import type { Program } from './program.ts';
import { OPERATOR_KEYS } from './proofs.ts';
import { knowers, running } from './running.ts';
import { urlOf } from './settings.ts';
import type { Root, Volume } from './volume.ts';
import { breach, CLUSTER, type Host, logsOf, POLICY, TICK, volumeOf, type World } from './world.ts';

/** The members of a cluster as they truly are: by the last entry that somebody was told of, unless that is void. */
export function truthOf(world: World, cluster: string): readonly Seat[] | undefined {
  if (world.rolledBack.has(cluster)) return undefined;
  return (world.acknowledged.get(cluster) ?? world.roots.get(cluster))?.config.seats;
}

/** Whether a host's log is of a member that its cluster has. */
export function isMember(world: World, log: { clusterId: string; memberId: string }): boolean {
  return truthOf(world, log.clusterId)?.some(({ id }) => id === log.memberId) ?? false;
}

/** The records that an operator has really signed and put, of a later generation than this host's. */
export function isReplaced(
  world: World,
  { own, cluster }: { own: ClusterRecord | undefined; cluster: string },
): boolean {
  return [...world.signed.values()].some(
    (record) => record.cluster_id !== cluster && record.generation > (own?.generation ?? 0),
  );
}

/** etcd is stopped only where an operator has put another cluster in its place, or where DNS led it astray. */
export function guardStop(world: World, { host }: Program): void {
  const { etcd } = host;
  if (etcd === undefined) return;
  const own = etcd.volume.identity?.record;
  const cluster = etcd.wal.clusterId;
  if (world.discovery === 'srv' && !world.agreed.has(cluster)) return;
  if (isReplaced(world, { own, cluster })) return;
  breach(world, `${host.name} stopped its etcd, a member of cluster ${cluster}, by somebody's word`);
}

/** Nobody is removed who was there a moment ago, but by himself. */
export function guardRemoval(world: World, { host, told }: Program, cluster: string, id: string): void {
  const seat = truthOf(world, cluster)?.find((one) => one.id === id);
  if (seat?.url === urlOf(world, host.address) && host.root.place?.memberId === id) {
    const isHidden = logsOf(host).some(({ memberId }) => memberId === id);
    if (isHidden) breach(world, `${host.name} removed its own member, whose data is on a volume that is not there`);
  }
  if (seat === undefined || seat.url === urlOf(world, host.address)) return;
  // It may have told its new address between a question and what follows from the answer.
  const seen = world.present.get(told.get(id) ?? seat.url) ?? Number.NEGATIVE_INFINITY;
  // Looks are a tick apart, and end a little after they have begun.
  if (world.clock - seen < POLICY * 1000 - 2 * TICK) {
    breach(world, `${host.name} removed ${seat.url}, which was there a moment ago`);
  }
  world.story?.push(`${host.name} removes ${seat.url}`);
}

/** As many members as are wanted: by the spec of a host or of a member, or by any list that was ever published. */
function wantedSize(world: World, { size }: Host, seats: readonly Seat[]): number {
  const sizes = world.consul.keep.past.map(({ key, value }) => (key.endsWith('/members') ? sizeIn(value) : 0));
  const members = world.hosts.filter(({ address }) => seats.some(({ url }) => url === urlOf(world, address)));
  return Math.max(size, ...sizes, ...members.map((one) => one.size));
}

export function sizeIn(list: string): number {
  try {
    return parseList(list).size;
  } catch {
    return 0;
  }
}

/** One host at a time takes a place that is free. */
export function guardAddition(world: World, host: Host, cluster: string): void {
  const seats = truthOf(world, cluster);
  if (seats === undefined || world.consul.lockWasLost) return;
  const wanted = wantedSize(world, host, seats);
  if (seats.length >= wanted)
    breach(world, `${host.name} adds itself to ${seats.length} members where ${wanted} are wanted`);
}

/**
 * A member that runs on an empty log once more. Nobody could see it when the disk went back and what Consul knows of the launch is
 * lost, or somebody's lie, or not yet written; but that its peers know it still, or the file beside the data.
 */
export function guardBirth(world: World, host: Host, volume: Volume, wal: Wal): void {
  const birth = `${wal.clusterId}/${wal.memberId}`;
  // A cluster that etcd found by its own look at DNS, and nobody agreed on, is stopped before anybody relies on it.
  const isStray = world.discovery === 'srv' && !world.agreed.has(wal.clusterId);
  if (world.born.has(birth) && !isStray) {
    const [key = '', value = ''] = [...world.launches].find(([name]) => name.endsWith(`/launch/${wal.memberId}`)) ?? [];
    const isWindow =
      value === JSON.stringify({ nonce: volume.identity?.nonce, log: false }) && !world.verified.has(wal.memberId);
    const isBlind = world.consul.keep.entries.get(key)?.value !== value || isWindow;
    const urls = wal.head?.config.seats.map(({ url }) => url) ?? [];
    const isKnown = knowers(world, host, wal.clusterId, urls).some(({ head }) =>
      head?.config.named.includes(wal.memberId),
    );
    const what = `${host.name} started member ${wal.memberId} a second time from an empty log`;
    // It was added, and the first who answered etcd has forgotten that.
    const isToldOld = wal.told !== undefined && world.rolledBack.has(wal.clusterId);
    const isUnseen = volume.wentBack && isBlind && !isKnown && !isRemembered(host.root, volume, wal);
    if (isUnseen || isToldOld) world.excused = what;
    else breach(world, what);
  }
  // Where DNS is asked a stray one is stopped by itself.
  if (world.discovery === 'committed' && !world.agreed.has(wal.clusterId)) {
    breach(world, `${host.name} founded cluster ${wal.clusterId}, by somebody's word`);
  }
  if (volume.snap !== undefined) breach(world, `${host.name} started an empty log over a database of ${volume.snap}`);
  world.born.add(birth);
}

/** Whether the file outside the data directory told of a log of this member, or of another launch of it, as the last one that it keeps. */
const isRemembered = ({ hasForgotten, pastPlaces }: Root, { identity }: Volume, { memberId }: Wal) =>
  !hasForgotten &&
  pastPlaces.findLast((place) => place?.ran || place?.nonce !== identity?.nonce)?.memberId === memberId;

/** A disk on which some cluster lives, whatever Consul shows of it. */
const hasData = (host: Host) =>
  logsOf(host).length > 0 || [host.root.data, host.volume].some((volume) => volume?.identity?.phase === 'launched');

/**
 * A birth: of as many hosts as are wanted, and beside no cluster that lives.
 *
 * @param isStale other keys have changed since it was asked for
 */
export function guardPut(world: World, { host }: Program, key: string, value: string, isStale: boolean): void {
  if (key.includes('/launch/')) world.launches.set(key, value);
  if (!key.endsWith('/bootstrap') && !key.endsWith('/record')) return;
  let record: ClusterRecord;
  try {
    record = parseRecord(value);
  } catch (error) {
    breach(world, `${host.name} put what is no record at ${key}: ${(error as Error).message}`);
    return;
  }
  if (world.agreed.has(record.cluster_id)) return;
  if (isSigned(signedText(CLUSTER, record), record.proof, OPERATOR_KEYS)) return;
  const living = world.hosts.find(({ etcd, net }) => etcd && elect(running(world, etcd.wal.clusterId, net)));
  // A key that comes late, where Consul has lost those that were there meanwhile: nobody may found anything by it.
  if (living && isStale) return;
  world.agreed.set(record.cluster_id, record);
  // Consul's data lost, or hidden by somebody: a cluster out of sight looks like none.
  const hasSeen = volumeOf(host).identity?.seen !== undefined;
  if (world.consul.wasLost && !hasSeen && world.hosts.some((other) => hasData(other) && !isShown(world, other))) {
    world.excused = 'Consul has lost its keys, and a disk with data is out of its sight';
    return;
  }
  if (living) breach(world, `${host.name} made a second cluster beside ${living.etcd?.wal.clusterId}, which serves`);
  if (record.size !== host.size) {
    breach(world, `${host.name} made a cluster of ${record.size} members where ${host.size} are wanted`);
  }
  // By that record somebody may be about to start.
  if (!world.violation && world.consul.wasLost && world.signed.size > 0)
    world.excused = "Consul has lost an operator's record";
}

/** Whether Consul shows that a host has data. */
function isShown({ consul }: World, host: Host): boolean {
  const node = consul.catalog.nodes.get(host.name);
  if (node === undefined || !node.passing) return false;
  return [...node.services.values()].some(({ Meta, ID }) => ID === `${host.name}-server` && Meta.state !== 'empty');
}

import { type ClusterRecord, membersOf, type RecordMember } from '../shared/record.ts';
import { elect, knownMemberId, makeConfig, type Wal } from './log.ts';
import { urlOf } from './settings.ts';
import type { Volume } from './volume.ts';
import { type Host, volumeOf, type World } from './world.ts';

/** The record that counts: the last that hosts agreed on, or an operator signed. */
export const currentOf = ({ agreed }: World): ClusterRecord | undefined => [...agreed.values()].at(-1);

/** A host's filesystems, without one that is hidden and that nobody remembers: nobody will find it. */
function volumesOf(host: Host): Volume[] {
  const { root, volume } = host;
  return (volume ? [volume, root.data] : [root.data]).filter(
    (one) => one === volumeOf(host) || (root.place !== undefined && root.place.memberId === one.log?.memberId),
  );
}

/** The mark of the launch that the file beside it tells of: that of another is none. */
const ownMark = ({ mark, identity }: Volume) => (mark === identity?.nonce ? mark : undefined);

/** Whether anybody still knows a record who would put it back into Consul: its key, or a disk that may start by it. */
function isKnown({ consul, hosts }: World, { cluster_id: id }: ClusterRecord): boolean {
  const entries = [...consul.keep.entries.values()].filter(({ key }) => /\/(?:bootstrap|record)$/.test(key));
  if (entries.some(({ value }) => value.includes(`"cluster_id":"${id}"`))) return true;
  const volumes = hosts.flatMap(volumesOf);
  return volumes.some(
    (one) => one.identity?.record?.cluster_id === id && (one.log !== undefined || ownMark(one) !== undefined),
  );
}

/** Whether nobody says that another disk was this member, or this one with a log. */
function isUnspent({ consul }: World, id: string, nonce: string | undefined): boolean {
  const entries = [...consul.keep.entries.values()].filter(({ key }) => key.endsWith(`/launch/${id}`));
  return entries.every(({ value }) => value === JSON.stringify({ nonce, log: false }));
}

/** The log that a disk without one may yet start with: as a member that the record lists, and that never was. */
function unborn(world: World, host: Host, volume: Volume, record: ClusterRecord): string | undefined {
  const { identity, snap } = volume;
  if (identity === undefined || volume !== volumeOf(host)) return undefined;
  const mark = ownMark(volume);
  const listed = record.members.find(({ incarnation }) => incarnation === identity.incarnation);
  // etcd takes part in a birth at the address that it is listed with alone.
  if (listed?.peer_url !== urlOf(world, host.address)) return undefined;
  const id = knownMemberId(listed.peer_url, record.token);
  const { place } = host.root;
  const isSpent = place?.memberId === id && (mark === undefined || place.nonce !== identity.nonce);
  // Remains are not its own launch's.
  if (world.born.has(`${record.cluster_id}/${id}`) || isSpent || (snap !== undefined && mark === undefined)) {
    return undefined;
  }
  const isBefore = (identity.record?.generation ?? 0) < record.generation;
  const isUnused = identity.phase === 'fresh' || isBefore || mark !== undefined;
  const isFounded = mark !== undefined || identity.agreed === membersOf(record) || isFounding(world, record);
  return isUnused && isFounded && isUnspent(world, id, identity.nonce) ? id : undefined;
}

/** Whether a host that has not agreed on a record itself can see it to be true: signed, or of a quorum that is where it lists them. */
function isFounding(world: World, record: ClusterRecord): boolean {
  if (world.signed.has(record.cluster_id)) return true;
  const isThere = ({ peer_url: url, incarnation }: RecordMember) =>
    world.hosts.some((host) => {
      const { identity, log } = volumeOf(host);
      const isIt = identity?.incarnation === incarnation || log?.memberId === knownMemberId(url, record.token);
      return isIt && urlOf(world, host.address) === url;
    });
  return record.members.filter(isThere).length * 2 > record.size;
}

/** Whether a quorum lives: of disks with data, and of those that may yet start from the record's list. */
export function canServe(world: World, record: ClusterRecord): boolean {
  if (!isKnown(world, record)) return false;
  const seats = record.members.map(({ peer_url: url }) => ({
    id: knownMemberId(url, record.token),
    url,
    learner: false,
  }));
  const born = { order: 0, before: undefined, config: makeConfig(seats) };
  const head = world.roots.get(record.cluster_id) ?? born;
  const logOf = (host: Host, volume: Volume): Wal[] => {
    const { identity, log } = volume;
    if (identity && (world.retired.has(identity.incarnation) || identity.machineId !== host.root.machineId)) return [];
    if (log !== undefined) return log.clusterId === record.cluster_id ? [log] : [];
    const id = unborn(world, host, volume, record);
    return id === undefined ? [] : [{ clusterId: record.cluster_id, memberId: id, head }];
  };
  return elect(world.hosts.flatMap((host) => volumesOf(host).flatMap((volume) => logOf(host, volume)))) !== undefined;
}

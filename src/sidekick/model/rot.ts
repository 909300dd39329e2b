import { currentOf } from './alive.ts';
import { forget } from './faults.ts';
import { holds } from './log.ts';
import type { Move } from './play.ts';
import { empty, type Saved, type Volume } from './volume.ts';
import type { Host, World } from './world.ts';

const PARTS = ['identity', 'log', 'snap', 'mark'] as const;

/** Notes a log that nobody could see to be older than what its member has promised. */
function noteLog(world: World, volume: Volume, { log }: Pick<Saved, 'log'>): void {
  if (log === undefined) return;
  const { clusterId, memberId } = log;
  // One that was moved aside is measured by what its cluster has promised.
  const latest = world.heads.get(`${clusterId}/${memberId}`) ?? volume.log?.head ?? world.acknowledged.get(clusterId);
  const isOld = latest !== undefined && (log.head === undefined || !holds(log.head, latest));
  if (isOld) world.rolledBack.add(clusterId);
}

/** A filesystem, or a part of what is on it, is what it once was. */
function goBack(world: World, host: Host, way: number, parts: readonly (typeof PARTS)[number][]): void {
  const volume = forget(world, host);
  const saved = volume.past[way % Math.max(1, volume.past.length)];
  if (saved === undefined) return;
  volume.wentBack = true;
  // Nobody knew of it while it was gone, and Consul had forgotten it: another cluster was born.
  const born = currentOf(world)?.cluster_id ?? '';
  const isStranded = saved.log && volume.log === undefined && saved.log.clusterId !== born && !world.signed.has(born);
  if (parts.includes('log') && isStranded && world.consul.wasLost) world.excused = 'lost data came back';
  if (parts.includes('log')) noteLog(world, volume, saved);
  for (const part of parts)
    Object.assign(volume, { [part]: part === 'log' ? saved.log && { ...saved.log } : saved[part] });
}

/** Disks that forget. */
export const rot = {
  /** A snapshot of the filesystem. */
  'go-back': (world, host, way) => goBack(world, host, way, PARTS),
  /** etcd's directory alone. */
  'member-goes-back': (world, host, way) => goBack(world, host, way, ['log', 'snap', 'mark']),
  'identity-goes-back': (world, host, way) => goBack(world, host, way, ['identity']),
  'mark-comes-back': (world, host, way) => goBack(world, host, way, ['mark']),
  'place-goes-back': (_, { root }, way) => {
    root.place = root.pastPlaces[way % Math.max(1, root.pastPlaces.length)];
    root.hasForgotten = true;
  },
  /** The whole machine. */
  'machine-goes-back': (world, host, way) => {
    goBack(world, host, way, PARTS);
    rot['place-goes-back'](world, host, way);
  },
  'lose-log': (world, host) => {
    forget(world, host).log = undefined;
  },
  'lose-database': (world, host) => {
    const volume = forget(world, host);
    if (volume.log === undefined) volume.snap = undefined;
  },
  'lose-member': (world, host) => {
    Object.assign(forget(world, host), { log: undefined, snap: undefined, mark: undefined });
  },
  'lose-identity': (world, host) => {
    forget(world, host).identity = undefined;
  },
  'wipe-data': (world, host) => {
    empty(forget(world, host));
  },
  'lose-mark': (_, host) => {
    (host.volume ?? host.root.data).mark = undefined;
  },
  'lose-place': (_, host) => {
    Object.assign(host.root, { place: undefined, hasForgotten: true });
  },
} satisfies Record<string, Move>;

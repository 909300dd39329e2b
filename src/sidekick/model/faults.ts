import { loseConsul, loseKeys, loseLock, notice } from './consul.ts';
import { makeHost } from './make.ts';
import type { Move } from './play.ts';
import { kill } from './program.ts';
import { makeRoot, makeVolume, type Volume } from './volume.ts';
import { type Host, next, type World } from './world.ts';

const MOST_HOSTS = 7;

/** The power goes: what runs is gone, and what is on no disk. */
export function crash(host: Host): void {
  for (const kind of [...host.programs.keys()]) kill(host, kind);
  host.said.clear();
  Object.assign(host, {
    up: false,
    etcd: undefined,
    decision: undefined,
    isLaunching: false,
    isRegistered: false,
    trouble: 'none',
    fuse: undefined,
    mounted: host.volume !== undefined,
  });
}

/** A disk is about to be another; how far its member has come is kept. */
export function forget(world: World, host: Host): Volume {
  crash(host);
  const volume = host.volume ?? host.root.data;
  const { log } = volume;
  if (log?.head !== undefined) {
    const name = `${log.clusterId}/${log.memberId}`;
    const before = world.heads.get(name);
    if (before === undefined || before.order < log.head.order) world.heads.set(name, log.head);
  }
  return volume;
}

/** All of a machine's disks are new. */
export function wipe(world: World, host: Host): void {
  host.root = makeRoot(world);
  if (host.volume !== undefined) host.volume = makeVolume(world);
}

/** A new machine in addition, with the spec as it is now. Before there is a cluster that would be another spec. */
function addHost(world: World): void {
  // Where etcd asks DNS itself, a host more is a list of one more.
  const isBorn = world.roots.size > 0;
  if (isBorn && world.hosts.length < MOST_HOSTS && world.discovery === 'committed') world.hosts.push(makeHost(world));
}

/** The content of a disk gets onto that of another machine, which is off. */
function clone(world: World, host: Host): void {
  const target = world.hosts[(world.hosts.indexOf(host) + 1) % world.hosts.length];
  if (target === undefined || target === host || target.up) return;
  const from = host.volume ?? host.root.data;
  const { identity, log, snap, mark } = from;
  // A disk that comes back to where it was is one rolled back.
  if (identity?.machineId === target.root.machineId) return;
  Object.assign(forget(world, target), { identity, log: log && { ...log }, snap, mark });
}

const trouble = (kind: Host['trouble']) => (_: World, host: Host) => {
  host.trouble = kind;
};

/** Faults of honest things. */
export const faults = {
  crash: (_, host) => crash(host),
  'crash-noticed': (world, host) => {
    crash(host);
    notice(world, host);
  },
  'crash-others': (world, host) => {
    for (const other of world.hosts) if (other !== host) crash(other);
  },
  'crash-all': (world) => {
    for (const host of world.hosts) crash(host);
  },
  wipe: (world, host) => {
    forget(world, host);
    wipe(world, host);
  },
  replace: (world, host) => {
    crash(host);
    world.hosts[world.hosts.indexOf(host)] = makeHost(world);
  },
  'kill-program': (_, host, way) => {
    if (host.isLaunching) host.isLaunching = false;
    else kill(host, [...host.programs.keys()][way % Math.max(1, host.programs.size)] ?? '');
  },
  'kill-etcd': (_, host) => {
    host.etcd = undefined;
  },
  'kill-writing': (_, host, way) => {
    host.fuse = { writes: Math.floor(way / 2), power: way % 2 === 1 };
  },
  'fail-launch': (_, host, way) => {
    host.failing = way % 2 === 0 ? 'nothing' : 'remains';
  },
  'lose-reply': trouble('deaf'),
  'come-late': trouble('late'),
  isolate: (world, host) => {
    host.net = next(world);
  },
  'cut-off': (_, host) => {
    host.net = 1;
  },
  connect: (_, host) => {
    host.net = 0;
  },
  'cut-dns': (_, host, way) => {
    host.dns = way % 2 === 0 ? 'cut' : 'flaky';
  },
  'mend-dns': (_, host) => {
    host.dns = 'agrees';
  },
  deny: (_, host, way) => {
    host.denied = way % 2 === 0 ? 'keys' : 'candidates';
  },
  permit: (_, host) => {
    host.denied = 'nothing';
  },
  /** A boot at which the volume is not there, or not yet. */
  unmount: (_, host) => {
    crash(host);
    host.mounted = false;
  },
  mount: (_, host) => {
    host.mounted = host.volume !== undefined;
  },
  readdress: (world, host) => {
    if (world.machines >= 20) return;
    crash(host);
    world.machines += 1;
    host.address = `10.0.0.${world.machines}`;
  },
  clone,
  'leader-lost': (world) => {
    world.consul.hasLeader = false;
  },
  'leader-found': (world) => {
    world.consul.hasLeader = true;
  },
  'kv-lost': loseKeys,
  'consul-wiped': loseConsul,
  'lock-lost': loseLock,
  spare: addHost,
  grow: (world) => {
    if (world.roots.size === 0) return;
    world.size = Math.min(5, world.size + 2);
    addHost(world);
  },
} satisfies Record<string, Move>;

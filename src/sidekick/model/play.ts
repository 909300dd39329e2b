import { verify } from './client.ts';
import { loseKeys, loseLock, notice, noticeGone, register } from './consul.ts';
import { findSplit, hear, startEtcd, write } from './etcd.ts';
import { act, look } from './gate.ts';
import { POLICY } from './observe.ts';
import { reset, retire } from './operator.ts';
import type { Rules } from './rules.ts';
import { emptyDisk, type Host, makeGate, makeHost, type World } from './world.ts';

export interface Event {
  name: EventName;
  host: number;
}

const MOST_HOSTS = 7;

/** Looks and acts until there is nothing more to do at once. */
function work(world: World, host: Host, rules: Rules): void {
  look(world, host, rules);
  for (let turn = 0; turn < 16 && act(world, host, rules); turn++) {
    if (host.gate.decision === undefined) look(world, host, rules);
  }
  exec(world, host, rules);
}

function exec(world: World, host: Host, rules: Rules): void {
  if (!host.up || host.launch === undefined) return;
  if (host.failing) world.story?.push(`etcd on ${host.name} comes to nothing`);
  else if (!host.etcd) startEtcd(world, host, host.launch, rules);
  host.launch = undefined;
  host.failing = false;
  host.gate = makeGate();
}

function crash(host: Host): void {
  Object.assign(host, { up: false, etcd: false, launch: undefined, deaf: false, gate: makeGate() });
}

/** A new machine in addition, with the spec as it is now. Before there is a cluster that would be another spec. */
function addHost(world: World): void {
  const { consul, hosts, discovery } = world;
  // Where etcd asks DNS itself, a host more is a list of one more.
  if (consul.record !== undefined && hosts.length < MOST_HOSTS && discovery === 'committed')
    hosts.push(makeHost(world));
}

/** The content of a disk gets onto that of another machine, which is off. */
function clone({ disk, name }: Host, target: Host | undefined): void {
  // A disk that comes back to where it was is one rolled back: nobody can see what it forgot.
  if (target === undefined || target.name === name || target.up || disk.machine !== name) return;
  target.disk = { ...disk, wal: disk.wal && { ...disk.wal } };
}

function tick(world: World, ticks = 1): void {
  world.clock += ticks;
  for (const [name, { url, passing }] of world.consul.catalog) {
    const isAnswering = world.hosts.some((host) => host.name === name && host.etcd && host.net === 0);
    if (passing || isAnswering) world.present.set(url, world.clock);
  }
}

const onHost = {
  boot: (_: World, host: Host) => {
    host.up = true;
  },
  register,
  notice,
  look,
  act,
  exec,
  step: work,
  verify,
  hear,
  crash: (_: World, host: Host) => crash(host),
  wipe: (world: World, host: Host) => {
    if (!host.up) host.disk = emptyDisk(world, host.name);
  },
  'lose-data': (_: World, host: Host) => {
    if (!host.up) host.disk = { ...host.disk, wal: undefined, mark: false };
  },
  replace: (world: World, host: Host) => {
    if (!host.up) world.hosts[world.hosts.indexOf(host)] = makeHost(world);
  },
  'crash-lost': (_: World, host: Host) => {
    crash(host);
    host.disk = { ...host.disk, wal: undefined, mark: false };
  },
  'crash-others': (world: World, host: Host) => {
    for (const other of world.hosts) if (other !== host) crash(other);
  },
  'crash-wiped': (world: World, host: Host) => {
    crash(host);
    host.disk = emptyDisk(world, host.name);
  },
  'crash-replaced': (world: World, host: Host) => {
    crash(host);
    world.hosts[world.hosts.indexOf(host)] = makeHost(world);
  },
  'crash-noticed': (world: World, host: Host) => {
    crash(host);
    notice(world, host);
  },
  'kill-gate': (_: World, host: Host) => {
    if (!host.etcd) Object.assign(host, { launch: undefined, gate: makeGate() });
  },
  'fail-launch': (_: World, host: Host) => {
    host.failing = true;
  },
  'lose-reply': (_: World, host: Host) => {
    host.deaf = true;
  },
  isolate: (world: World, host: Host) => {
    world.counter += 1;
    host.net = world.counter;
  },
  'cut-off': (_: World, host: Host) => {
    host.net = 1;
  },
  connect: (_: World, host: Host) => {
    host.net = 0;
  },
  'cut-dns': (_: World, host: Host) => {
    host.dns = 'cut';
  },
  'flake-dns': (_: World, host: Host) => {
    host.dns = 'flaky';
  },
  'mend-dns': (_: World, host: Host) => {
    host.dns = 'agrees';
  },
  clone: ({ hosts }: World, host: Host) => {
    clone(host, hosts[(hosts.indexOf(host) + 1) % hosts.length]);
  },
  retire,
};

const onWorld = {
  write: (world: World) => write(world, false),
  'torn-write': (world: World) => write(world, true),
  'leader-lost': (world: World) => {
    world.consul.hasLeader = false;
  },
  'leader-found': (world: World) => {
    world.consul.hasLeader = true;
  },
  'kv-lost': loseKeys,
  'lock-lost': loseLock,
  spare: addHost,
  grow: (world: World) => {
    if (world.consul.record === undefined) return;
    world.size = Math.min(5, world.size + 2);
    addHost(world);
  },
  reset,
  tick: (world: World) => tick(world),
  hours: (world: World) => tick(world, POLICY),
  gather: (world: World, rules: Rules) => {
    everyone(world, ['boot', 'register', 'notice', 'hear'], rules);
    noticeGone(world);
  },
  // All have looked before any acts, and each goes on before the next acts on what it saw.
  race: (world: World, rules: Rules) => {
    everyone(world, ['look', 'act'], rules);
    everyone(world, ['act', 'step'], rules);
  },
  settle: (world: World, rules: Rules) => {
    onWorld.gather(world, rules);
    everyone(world, ['look', 'act'], rules);
    everyone(world, ['step'], rules);
    everyone(world, ['verify'], rules);
    tick(world);
  },
};

/** What may happen, to which host. Each is one moment: what lies between two of them may be a crash. */
export type EventName = keyof typeof onHost | keyof typeof onWorld;
export const EVENTS = [...Object.keys(onHost), ...Object.keys(onWorld)] as EventName[];

export const isOnHost = (name: EventName): name is keyof typeof onHost => name in onHost;

/** Host by host, each all of these. */
function everyone(world: World, names: readonly (keyof typeof onHost)[], rules: Rules): void {
  for (const host of world.hosts) {
    for (const name of names) onHost[name](world, host, rules);
  }
}

/** Lets one event happen, and sees whether everything still holds. */
export function play(world: World, event: Event, rules: Rules): void {
  if (isOnHost(event.name)) {
    const host = world.hosts[event.host % world.hosts.length];
    if (host !== undefined) onHost[event.name](world, host, rules);
  } else onWorld[event.name](world, rules);
  world.violation ??= findSplit(world);
  if (world.excused) world.violation = undefined;
}

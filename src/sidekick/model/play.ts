import { type Decision, decide, type Observed } from '../ready/decide.ts';
import {
  emptyDisk,
  findServing,
  findSplit,
  type Host,
  makeHost,
  peerUrl,
  startEtcd,
  type World,
  write,
} from './world.ts';

/** What may happen, to which host. Each is one moment: what lies between two of them may be a crash. */
export const EVENTS = [
  'boot',
  'register',
  'look',
  'act',
  'exec',
  'notice',
  'crash',
  'wipe',
  'lose-data',
  'replace',
  'disconnect',
  'connect',
  'cut-dns',
  'mend-dns',
  'republish',
  'write',
  'leader-lost',
  'leader-found',
  'kv-lost',
  'step',
  'gather',
  'race',
  'settle',
] as const;

export type EventName = (typeof EVENTS)[number];
export interface Event {
  name: EventName;
  host: number;
}

/** The rules under test: decide() itself, or what is left of it when a rule has been taken out. */
export interface Rules {
  decide(seen: Observed): Decision;
  /** Whether the record is created only where there is none. */
  compareAndSet: boolean;
}

export const RULES: Rules = { decide, compareAndSet: true };

const reachesConsul = (world: World, host: Host) => host.up && host.connected && world.consul.hasLeader;

function observe(world: World, host: Host): Observed {
  const { disk } = host;
  const silent = { known: false, cause: 'Consul has no leader' } as const;
  const asked = reachesConsul(world, host);
  const entries = [...world.consul.catalog].filter(([, entry]) => entry.passing);
  const answering = entries
    .filter(([name]) => world.hosts.some((other) => other.name === name && other.etcd && other.connected))
    .map(([name]) => name);
  world.counter += 1;
  return {
    self: {
      name: host.name,
      peerUrl: peerUrl(host),
      size: world.size,
      scheme: 'http',
      incarnation: disk.incarnation,
      phase: disk.phase,
      wal: disk.wal !== undefined,
      record: disk.record,
      untouched: disk.mark && disk.wal === undefined,
      cloned: false,
    },
    record: asked ? { known: true, value: world.consul.record } : silent,
    candidates: asked
      ? {
          known: true,
          value: entries.map(([name, { address, incarnation, state }]) => ({
            node: name,
            id: `${name}-server`,
            address,
            port: 2380,
            peerUrl: peerUrl({ address }),
            meta: { incarnation, state, size: String(world.size), scheme: 'http' },
          })),
        }
      : silent,
    probe: {
      answering,
      dns: host.dns === 'agrees' ? { known: true, value: 'agrees' } : { known: false, cause: 'DNS names fewer' },
    },
    token: `t${world.counter}`,
  };
}

function act(world: World, host: Host, rules: Rules): void {
  const decision = rules.decide(host.look as Observed);
  host.look = undefined;
  if (decision.do === 'start') {
    host.launch = 'with data';
    if (reachesConsul(world, host)) world.consul.record ??= host.disk.record;
  }
  if (decision.do === 'new') {
    host.disk = { ...host.disk, phase: 'launched', record: decision.record, mark: true };
    host.launch = decision.record;
    register(world, host);
  }
  if (decision.do !== 'propose' || !reachesConsul(world, host)) return;
  if (world.consul.record !== undefined && rules.compareAndSet) return;
  // Consul's data lost, and a disk of the old cluster out of sight: it looks exactly like a new cluster.
  const isHidden = (other: Host) => !other.etcd && world.consul.catalog.get(other.name)?.state !== 'member';
  const former = world.hosts.filter(({ disk }) => disk.wal !== undefined || disk.phase === 'launched');
  if (world.consul.wasLost && decision.record !== host.disk.record && former.some(isHidden)) world.excused = true;
  const other = findServing(world);
  if (other !== undefined && other !== decision.record.cluster_id)
    world.violation ??= `${host.name} made a second cluster beside ${other}, which serves`;
  world.consul.record = decision.record;
}

function register(world: World, host: Host): void {
  if (!reachesConsul(world, host)) return;
  const { incarnation, wal, phase } = host.disk;
  const state = wal || phase === 'launched' ? 'member' : 'empty';
  world.consul.catalog.set(host.name, { address: host.address, incarnation, state, passing: true });
}

const onHost: Partial<Record<EventName, (world: World, host: Host, rules: Rules) => void>> = {
  boot: (_, host) => {
    host.up = true;
  },
  register,
  look: (world, host) => {
    if (host.up && !host.etcd) host.look = observe(world, host);
  },
  act: (world, host, rules) => {
    if (host.up && host.look !== undefined) act(world, host, rules);
  },
  exec: (world, host) => {
    if (host.up && !host.etcd && host.launch !== undefined) startEtcd(world, host, host.launch);
    host.launch = undefined;
  },
  notice: (world, host) => {
    const entry = world.consul.catalog.get(host.name);
    if (entry !== undefined && world.consul.hasLeader) entry.passing = host.up && host.connected;
  },
  crash: (_, host) => {
    Object.assign(host, { up: false, etcd: false, look: undefined, launch: undefined });
  },
  wipe: (world, host) => {
    if (!host.up) host.disk = emptyDisk(world);
  },
  'lose-data': (_, host) => {
    if (!host.up) host.disk = { ...host.disk, wal: undefined, mark: false };
  },
  replace: (world, host) => {
    if (!host.up) world.hosts[world.hosts.indexOf(host)] = makeHost(world);
  },
  disconnect: (_, host) => {
    host.connected = false;
  },
  connect: (_, host) => {
    host.connected = true;
  },
  'cut-dns': (_, host) => {
    host.dns = 'cut';
  },
  'mend-dns': (_, host) => {
    host.dns = 'agrees';
  },
  step: (world, host, rules) => {
    for (const name of ['look', 'act', 'exec'] as const) onHost[name]?.(world, host, rules);
  },
  republish: (world, host) => {
    if (host.etcd && reachesConsul(world, host)) world.consul.record ??= host.disk.record;
  },
};

const onWorld: Partial<Record<EventName, (world: World, rules: Rules) => void>> = {
  write,
  'leader-lost': (world) => {
    world.consul.hasLeader = false;
  },
  'leader-found': (world) => {
    world.consul.hasLeader = true;
  },
  'kv-lost': (world) => {
    // Agents keep what they have registered, and bring it to the catalog again.
    Object.assign(world.consul, { record: undefined, wasLost: true });
    // It takes seconds to lose all data and to have a leader again, a look and its act milliseconds.
    for (const host of world.hosts) host.look = undefined;
  },
  gather: (world, rules) => everyone(world, ['boot', 'register', 'notice'], rules),
  // All have looked before any acts, and each goes on before the next acts on what it saw.
  race: (world, rules) => {
    everyone(world, ['look'], rules);
    for (const [host] of world.hosts.entries()) {
      for (const name of ['act', 'step'] as const) play(world, { name, host }, rules);
    }
  },
  settle: (world, rules) => everyone(world, ['boot', 'register', 'notice', 'look', 'act', 'exec', 'republish'], rules),
};

function everyone(world: World, names: readonly EventName[], rules: Rules): void {
  for (const name of names) {
    for (const [host] of world.hosts.entries()) play(world, { name, host }, rules);
  }
}

/** Lets one event happen, and sees whether everything still holds. */
export function play(world: World, event: Event, rules: Rules): void {
  const host = world.hosts[event.host % world.hosts.length];
  onWorld[event.name]?.(world, rules);
  if (host !== undefined) onHost[event.name]?.(world, host, rules);
  world.violation ??= findSplit(world);
  if (world.excused) world.violation = undefined;
}

/** All faults end, and everything has time: as many rounds as it could take. */
export function heal(world: World, rules: Rules): void {
  world.consul.hasLeader = true;
  for (const host of world.hosts) Object.assign(host, { connected: true, dns: 'agrees' });
  for (const name of world.consul.catalog.keys()) {
    if (!world.hosts.some((host) => host.name === name)) world.consul.catalog.delete(name);
  }
  for (let round = 0; round < 6; round++) play(world, { name: 'settle', host: 0 }, rules);
  play(world, { name: 'write', host: 0 }, rules);
}

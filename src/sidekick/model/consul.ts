import type { Peer } from '../ready/observed.ts';
import type { ClusterRecord } from '../shared/record.ts';
import type { Rules } from './rules.ts';
import { type Host, identify, type World } from './world.ts';

export const reachesConsul = (world: World, host: Host) => host.up && host.net === 0 && world.consul.hasLeader;

/** This host's own record, as etcd-register puts it. */
export function register(world: World, host: Host, rules: Rules): void {
  if (!reachesConsul(world, host)) return;
  identify(world, host, rules.freshCopies);
  const { incarnation, wal, phase } = host.disk;
  const state = wal ? 'member' : phase === 'launched' ? 'launched' : 'empty';
  world.consul.catalog.set(host.name, { url: host.url, incarnation, state, size: host.size, passing: true });
  world.consul.candidates = undefined;
}

/** Consul notices who is there; with it goes the lock of who is not. */
export function notice(world: World, host: Host): void {
  const { consul } = world;
  if (!consul.hasLeader) return;
  const entry = consul.catalog.get(host.name);
  const passing = host.up && host.net === 0;
  if (entry !== undefined && entry.passing !== passing) {
    entry.passing = passing;
    consul.candidates = undefined;
  }
  if (!passing && consul.lock?.owner === host.disk.incarnation) loseLock(world);
}

/** A session ends without its gate's doing. */
export function loseLock({ consul }: World): void {
  if (consul.lock === undefined) return;
  consul.lock = undefined;
  consul.lockWasLost = true;
}

/** The same of machines that are gone. */
export function noticeGone(world: World): void {
  const { consul, hosts } = world;
  if (!consul.hasLeader) return;
  for (const [name, entry] of consul.catalog) {
    if (!entry.passing || hosts.some((host) => host.name === name)) continue;
    entry.passing = false;
    consul.candidates = undefined;
  }
  if (consul.lock && !hosts.some(({ disk }) => disk.incarnation === consul.lock?.owner)) consul.lock = undefined;
}

/** Those that Consul lists as alive. */
export function candidates({ consul }: World): Peer[] {
  consul.candidates ??= [...consul.catalog]
    .filter(([, { passing }]) => passing)
    .map(([node, { url, incarnation, state, size }]) => ({
      node,
      id: `${node}-server`,
      address: node,
      port: 2380,
      peerUrl: url,
      meta: { incarnation, state, size: String(size), scheme: 'http' },
    }));
  return consul.candidates;
}

/** Takes the lock of the membership, or keeps it. */
export function acquire(world: World, host: Host, rules: Rules): boolean {
  const { consul } = world;
  const { gate } = host;
  if (!rules.lock) return true;
  const owner = host.disk.incarnation;
  if (gate.session !== undefined) {
    if (consul.lock?.session === gate.session) return true;
    gate.session = undefined;
    return false;
  }
  // What a gate of this disk left behind when it was killed it takes over.
  if (consul.lock !== undefined && consul.lock.owner !== owner) return false;
  world.counter += 1;
  consul.lock = { owner, session: world.counter };
  gate.session = world.counter;
  return true;
}

export function release(world: World, host: Host): void {
  const { session } = host.gate;
  host.gate.session = undefined;
  if (session !== undefined && world.consul.lock?.session === session && reachesConsul(world, host)) {
    world.consul.lock = undefined;
  }
}

export function agree(world: World, record: ClusterRecord): void {
  world.consul.record = record;
  world.agreed.add(record.cluster_id);
}

/** Agents keep what they have registered, and bring it to the catalog again; of the keys nothing is left. */
export function loseKeys(world: World): void {
  Object.assign(world.consul, { record: undefined, wasLost: true, lock: undefined, retired: new Set<string>() });
  forgetLooks(world);
}

/** What takes seconds or an operator does not happen between a look and its act, which are milliseconds apart. */
export function forgetLooks(world: World): void {
  for (const host of world.hosts) {
    host.gate.decision = undefined;
    host.launch = undefined;
  }
}

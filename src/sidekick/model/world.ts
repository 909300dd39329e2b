import type { Peer } from '../ready/observed.ts';
import type { ClusterRecord } from '../shared/record.ts';
import type { Gate, Launch } from './gate.ts';
import type { Entry, Wal } from './log.ts';

/**
 * A world small enough to be driven through millions of schedules: hosts and their disks, Consul, and of etcd the rules
 * that matter here: IDs from lists, quorums, what a log remembers, the guards of a new and of an added member, the
 * changes of a membership that it refuses. No time and no randomness of its own.
 */
export interface World {
  /** By the spec, as a host has it that is made now. */
  size: number;
  discovery: 'committed' | 'srv';
  hosts: Host[];
  consul: Consul;
  /** What a monotonic clock shows; a wall clock is read nowhere, its jumps are nobody's matter. */
  clock: number;
  /** By peer URL: until when somebody was there. */
  present: Map<string, number>;
  /** Every start from an empty log: `CLUSTER/MEMBER`. */
  born: Set<string>;
  /** Members that have told the others their name, as they do once they have caught up: `CLUSTER/MEMBER`. */
  named: Set<string>;
  /** Clusters that some record was of. */
  agreed: Set<string>;
  /** How each cluster's log begins. */
  roots: Map<string, Entry>;
  /** The last entry of each cluster that somebody was told of. */
  acknowledged: Map<string, Entry>;
  /** Something that nobody could have seen has happened: all bets are off. */
  excused: boolean;
  /** Once a property does not hold. */
  violation: string | undefined;
  counter: number;
  /** How many there have ever been. */
  machines: number;
  /** While a story is told: what the gates and etcd did in this event. */
  story: string[] | undefined;
}

export interface Consul {
  hasLeader: boolean;
  record: ClusterRecord | undefined;
  retired: Set<string>;
  /** The disk whose gate has the lock, and the session by which it has it. */
  lock: { owner: string; session: number } | undefined;
  /** By host name; what was registered, when it was registered. */
  catalog: Map<string, Entered>;
  /** The candidates in it, until it changes. */
  candidates: Peer[] | undefined;
  wasLost: boolean;
  /** A gate may have gone on without the lock that it had. */
  lockWasLost: boolean;
}

export interface Entered {
  url: string;
  incarnation: string;
  state: 'empty' | 'launched' | 'member';
  size: number;
  passing: boolean;
}

export interface Host {
  name: string;
  url: string;
  size: number;
  disk: Disk;
  /** Powered on. */
  up: boolean;
  /** etcd runs. */
  etcd: boolean;
  /** Hosts of one net reach each other, those of net 0 Consul as well. */
  net: number;
  /** Cut: answers lack a host. Flaky: those that etcd itself gets do. */
  dns: 'agrees' | 'cut' | 'flaky';
  /** The reply to its next request that changes something will be lost. */
  deaf: boolean;
  /** Its next launch of etcd will come to nothing. */
  failing: boolean;
  gate: Gate;
  /** The gate's decision, not yet carried out: the moment between the gate's end and etcd's first byte. */
  launch: Launch | undefined;
}

export interface Disk {
  incarnation: string;
  /** Name of the host that made the identity. */
  machine: string;
  phase: 'fresh' | 'launched';
  record: ClusterRecord | undefined;
  memberId: string | undefined;
  launchedAt: string | undefined;
  quarantined: string | undefined;
  wal: Wal | undefined;
  /** In etcd's directory: launched, and no log since. */
  mark: boolean;
}

export function makeWorld(size: number, discovery: World['discovery']): World {
  const consul = {
    hasLeader: true,
    wasLost: false,
    lockWasLost: false,
    retired: new Set<string>(),
    catalog: new Map(),
  };
  const world: World = {
    size,
    discovery,
    hosts: [],
    consul: { ...consul, record: undefined, lock: undefined, candidates: undefined },
    clock: 0,
    present: new Map(),
    born: new Set(),
    named: new Set(),
    agreed: new Set(),
    roots: new Map(),
    acknowledged: new Map(),
    excused: false,
    violation: undefined,
    counter: 0,
    machines: 0,
    story: undefined,
  };
  for (let index = 1; index <= size; index++) world.hosts.push(makeHost(world));
  return world;
}

/** A machine that never was there before. */
export function makeHost(world: World): Host {
  world.machines += 1;
  const name = `h${world.machines}`;
  return {
    name,
    url: `http://${name}:2380`,
    size: world.size,
    disk: emptyDisk(world, name),
    up: false,
    etcd: false,
    net: 0,
    dns: 'agrees',
    deaf: false,
    failing: false,
    gate: makeGate(),
    launch: undefined,
  };
}

export function makeGate(): Gate {
  return {
    look: undefined,
    decision: undefined,
    session: undefined,
    added: undefined,
    room: 0,
    silentSince: new Map(),
    lookedAt: 0,
  };
}

export function emptyDisk(world: World, machine: string): Disk {
  world.counter += 1;
  return makeDisk(`i${world.counter}`, machine);
}

export function makeDisk(incarnation: string, machine: string): Disk {
  return {
    incarnation,
    machine,
    phase: 'fresh',
    record: undefined,
    memberId: undefined,
    launchedAt: undefined,
    quarantined: undefined,
    wal: undefined,
    mark: false,
  };
}

/** What identity.ts makes of a copied disk without data: one with an identity of its own. */
export function identify(world: World, host: Host, isFresh: boolean): void {
  const { disk, name } = host;
  if (disk.machine === name || disk.wal !== undefined) return;
  world.counter += 1;
  host.disk = { ...makeDisk(`${disk.incarnation}+${isFresh ? world.counter : name}`, name), mark: disk.mark };
}

/** Whether the reply to this request is lost. Once. */
export function losesReply(host: Host): boolean {
  const { deaf } = host;
  host.deaf = false;
  return deaf;
}

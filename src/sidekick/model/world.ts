import { memberId } from '../shared/cluster-id.ts';
import type { ClusterRecord } from '../shared/record.ts';

/**
 * A world small enough to be driven through millions of schedules: hosts and their disks, Consul, and of etcd the rules
 * that matter here: IDs from lists, quorums, what a log remembers, the guard of a new member. No time and no randomness
 * of its own.
 */
export interface World {
  size: number;
  hosts: Host[];
  consul: {
    hasLeader: boolean;
    record: ClusterRecord | undefined;
    /** By host name; what was registered, when it was registered. */
    catalog: Map<string, Entry>;
    wasLost: boolean;
  };
  /** Every start from an empty log: `CLUSTER/MEMBER`. */
  born: Set<string>;
  /** Acknowledged writes of each cluster. */
  acknowledged: Map<string, number[]>;
  /** Something that nobody could have seen has happened: all bets are off. */
  excused: boolean;
  /** Once a property does not hold. */
  violation: string | undefined;
  counter: number;
}

export interface Host {
  name: string;
  address: string;
  disk: Disk;
  /** Powered on. */
  up: boolean;
  /** etcd runs. */
  etcd: boolean;
  /** Reaches Consul and the other hosts. */
  connected: boolean;
  dns: 'agrees' | 'cut';
  /** The gate's last look, not yet acted upon. */
  look: unknown;
  /** The gate's decision, not yet carried out: the moment between the gate's end and etcd's first byte. */
  launch: ClusterRecord | 'with data' | undefined;
}

export interface Disk {
  incarnation: string;
  phase: 'fresh' | 'launched';
  record: ClusterRecord | undefined;
  wal: Wal | undefined;
  /** In etcd's directory: launched, and no log since. */
  mark: boolean;
}

export interface Wal {
  clusterId: string;
  memberId: string;
  /** How many members the log says there are. */
  voters: number;
  /** Term of the last entry, then the entries. */
  term: number;
  log: number[];
}

export interface Entry {
  address: string;
  incarnation: string;
  state: 'empty' | 'member';
  passing: boolean;
}

export function makeWorld(size: number): World {
  const world: World = {
    size,
    hosts: [],
    consul: { hasLeader: true, record: undefined, catalog: new Map(), wasLost: false },
    born: new Set(),
    acknowledged: new Map(),
    excused: false,
    violation: undefined,
    counter: 0,
  };
  for (let index = 1; index <= size; index++) world.hosts.push(makeHost(world));
  return world;
}

/** A machine that never was there before. */
export function makeHost(world: World): Host {
  world.counter += 1;
  return {
    name: `h${world.counter}`,
    address: `10.0.0.${world.counter}`,
    disk: emptyDisk(world),
    up: false,
    etcd: false,
    connected: true,
    dns: 'agrees',
    look: undefined,
    launch: undefined,
  };
}

export function emptyDisk(world: World): Disk {
  world.counter += 1;
  return { incarnation: `i${world.counter}`, phase: 'fresh', record: undefined, wal: undefined, mark: false };
}

export const peerUrl = ({ address }: Pick<Host, 'address'>) => `http://${address}:2380`;

/** Starts etcd as it would start: with its data, or from the list it was handed. */
export function startEtcd(world: World, host: Host, launch: ClusterRecord | 'with data'): void {
  const { disk } = host;
  if (disk.wal !== undefined) {
    host.etcd = true;
    return;
  }
  // With no data and no list the state is `existing`, and etcd ends.
  if (launch === 'with data') return;
  const url = peerUrl(host);
  if (!launch.members.some((member) => member.peer_url === url)) return;
  const id = memberId(url, launch.token);
  const birth = `${launch.cluster_id}/${id}`;
  // etcd's own guard sees a former life only while another member answers.
  const warned = running(world, launch.cluster_id).some((other) => other.connected && host.connected);
  if (warned && world.born.has(birth)) return;
  if (world.born.has(birth)) world.violation ??= `${host.name} started member ${id} a second time from an empty log`;
  world.born.add(birth);
  disk.wal = { clusterId: launch.cluster_id, memberId: id, voters: launch.members.length, term: 0, log: [] };
  host.etcd = true;
}

export function running(world: World, clusterId: string): Host[] {
  return world.hosts.filter((host) => host.etcd && host.disk.wal?.clusterId === clusterId);
}

/** A client's write to every cluster that can take one. */
export function write(world: World): void {
  for (const clusterId of new Set(world.hosts.map((host) => host.disk.wal?.clusterId))) {
    if (clusterId !== undefined) writeTo(world, clusterId);
  }
}

function writeTo(world: World, clusterId: string): void {
  const members = running(world, clusterId)
    .filter((host) => host.connected)
    .flatMap(({ disk: { wal } }) => (wal === undefined ? [] : [wal]));
  const [any] = members;
  if (any === undefined) return;
  const quorum = Math.floor(any.voters / 2) + 1;
  if (members.length < quorum) return;
  // The leader has the most complete log of those that vote.
  const leader = members.reduce((best, wal) =>
    wal.term > best.term || (wal.term === best.term && wal.log.length > best.log.length) ? wal : best,
  );
  const kept = world.acknowledged.get(clusterId) ?? [];
  const lost = kept.find((entry) => !leader.log.includes(entry));
  if (lost !== undefined) world.violation ??= `cluster ${clusterId} has lost the acknowledged write ${lost}`;
  world.counter += 1;
  const log = [...leader.log, world.counter];
  const term = Math.max(...members.map((wal) => wal.term)) + 1;
  // Acknowledged by just a quorum: the others hear of it later, or never.
  const others = members.filter((wal) => wal !== leader).slice(0, quorum - 1);
  for (const wal of [leader, ...others]) Object.assign(wal, { log: [...log], term });
  world.acknowledged.set(clusterId, [...kept, world.counter]);
}

/** A cluster that has a running quorum. */
export function findServing(world: World): string | undefined {
  return world.hosts
    .flatMap(({ disk: { wal } }) => (wal === undefined ? [] : [wal]))
    .find(({ clusterId, voters }) => running(world, clusterId).filter((host) => host.connected).length > voters / 2)
    ?.clusterId;
}

/** Two clusters, each with a quorum of disks: the worst. */
export function findSplit(world: World): string | undefined {
  const disks = new Map<string, Wal[]>();
  for (const { disk } of world.hosts) {
    if (disk.wal) disks.set(disk.wal.clusterId, [...(disks.get(disk.wal.clusterId) ?? []), disk.wal]);
  }
  const able = [...disks].filter(([, wals]) => wals.length > (wals[0]?.voters ?? 0) / 2).map(([id]) => id);
  return able.length > 1 ? `two clusters, each with a quorum: ${able.join(' and ')}` : undefined;
}

import type { ClusterRecord } from '../shared/record.ts';
import type { Catalog, Keep } from './consul.ts';
import type { Entry, Wal } from './log.ts';
import type { Late, Program } from './program.ts';
import type { Root, Volume } from './volume.ts';

/**
 * A world small enough to be driven through millions of schedules: hosts and their disks, Consul, and of etcd the rules
 * that matter here: IDs from lists, quorums, what a log remembers, the guards of a new and of an added member, the
 * changes of a membership that it refuses. No time and no randomness of its own. What runs on the hosts is the real thing.
 */
export interface World {
  /** By the spec, as a host has it that is made now. */
  size: number;
  discovery: 'committed' | 'srv';
  scheme: 'http' | 'https';
  /** Whether data directories are filesystems of their own. */
  volumes: boolean;
  hosts: Host[];
  consul: Consul;
  /** Milliseconds; moves by events alone. A wall clock is the same, from some second on. */
  clock: number;
  /** By peer URL: until when somebody was there. */
  present: Map<string, number>;
  /** Strangers that answer at an address where none of the hosts is, or whose etcd is down. By peer URL. */
  strangers: Map<string, Stranger>;
  /** Every start from an empty log: `CLUSTER/MEMBER`. */
  born: Set<string>;
  /** Values that programs have last written at the keys of launches. */
  launches: Map<string, string>;
  /** How often keys were lost, or written by nobody's right. */
  meddled: number;
  /** IDs of members that a verified member has seen to have started. */
  verified: Set<string>;
  /** Records that an operator has signed, by cluster. */
  signed: Map<string, ClusterRecord>;
  /** Incarnations of disks that an operator has retired. */
  retired: Set<string>;
  /** Records that hosts or an operator made, by cluster; the last is the one that counts. */
  agreed: Map<string, ClusterRecord>;
  /** How each cluster's log begins. */
  roots: Map<string, Entry>;
  /** The last entry of each cluster that somebody was told of. */
  acknowledged: Map<string, Entry>;
  /** How far each member is known to have come, whose disk has gone back since: `CLUSTER/MEMBER`. */
  heads: Map<string, Entry>;
  /** Clusters one of whose logs went back to an older state, which nobody could have seen: what they promised is void. */
  rolledBack: Set<string>;
  /** Requests that a program has given up, and that will happen all the same. */
  late: Late[];
  /** Something that nobody could have seen has happened: all bets are off. */
  excused: string | undefined;
  /** Once a property does not hold. */
  violation: string | undefined;
  counter: number;
  /** How many there have ever been. */
  machines: number;
  /** While a story is told: what the programs and etcd did in this event. */
  story: string[] | undefined;
}

interface Consul {
  hasLeader: boolean;
  keep: Keep;
  catalog: Catalog;
  /** The owner of the join lock, the session by which, and until when if nobody renews it. */
  lock: { owner: string; session: string; until: number } | undefined;
  /** By ID: owner. */
  sessions: Map<string, string>;
  /** A record that was there is not any more: lost, or deleted. */
  wasLost: boolean;
  /** Somebody may have changed the members without the lock. */
  lockWasLost: boolean;
}

/** Somebody who says something at an address. */
export interface Stranger {
  clusterId: string;
  members: { id: string; name: string; url: string; learner: boolean }[];
  /** It does as members do: whom it adds can join. Contested: a true member could tell each who asked. */
  twin?: 'contested' | 'believed';
}

export interface Host {
  name: string;
  address: string;
  size: number;
  root: Root;
  /** A filesystem of its own for the data directory. */
  volume: Volume | undefined;
  mounted: boolean;
  /** Powered on. */
  up: boolean;
  /** Its first program since it was powered on has ended. */
  isRegistered: boolean;
  /** The state of the world when its cluster was last verified. */
  verifiedAt: string;
  etcd: Running | undefined;
  /** etcd's environment, as the last gate left it; gone with the power. */
  decision: Record<string, string> | undefined;
  /** The gate has ended, etcd has not begun. */
  isLaunching: boolean;
  /** Hosts of one net reach each other, those of net 0 Consul as well. */
  net: number;
  /** Cut: answers lack a host. Flaky: those that etcd itself gets do. */
  dns: 'agrees' | 'cut' | 'flaky';
  /** The reads that Consul's ACL denies it. */
  denied: 'nothing' | 'keys' | 'candidates';
  /** The fate of the next request that changes something: its reply is lost, or it comes later, too. */
  trouble: 'none' | 'deaf' | 'late';
  /** Its next launch of etcd will come to nothing, or to something that is no log. */
  failing: 'none' | 'nothing' | 'remains';
  /** How many writes to the disk until the program that does them is killed, or the power goes. */
  fuse: { writes: number; power: boolean } | undefined;
  programs: Map<string, Program>;
  /** When systemd starts the gate again. */
  restartAt: number;
  /** The last line that each of its programs said. */
  said: Map<string, string>;
}

/** An etcd that runs. */
interface Running {
  volume: Volume;
  wal: Wal;
  /** Its peer URL as it was started. */
  url: string;
  /** Its registration for clients has been tried since it started. */
  isFollowed: boolean;
}

/** Seconds since 1970 when the world begins. */
export const EPOCH = 1_800_000_000;
export const CLUSTER = 'c';
export const TICK = 4000;
/** Milliseconds until systemd starts again what has failed. */
export const RESTART = 1000;
/** Seconds of silence after which a member is dead by the spec's policy. */
export const POLICY = 12;

/** A number that was not there before. */
export function next(world: World): number {
  world.counter += 1;
  return world.counter;
}

/** The filesystem that the data directory is on now. */
export const volumeOf = (host: Host): Volume => (host.volume && host.mounted ? host.volume : host.root.data);

/** Every disk with a log, wherever it is. */
export function logsOf(host: Host): Wal[] {
  return [host.root.data, ...(host.volume ? [host.volume] : [])].flatMap(({ log }) => (log ? [log] : []));
}

export function breach(world: World, what: string): void {
  world.violation ??= what;
}

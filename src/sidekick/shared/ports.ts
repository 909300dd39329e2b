import type { Identity } from './identity.ts';
import type { ClusterRecord } from './record.ts';

/**
 * Everything by which a sidekick touches the world. The real ones are in `host/`; the model drives the same programs through
 * its own. What comes through them has been checked for size and shape, and is believed by nobody for that alone.
 */
export interface Ports {
  consul: ConsulPort;
  etcd: EtcdPort;
  disk: DiskPort;
  dns: DnsPort;
  clock: ClockPort;
  /** One line to the journal and to `systemctl status`, once per change. */
  say(line: string): void;
  /** A random UUID. */
  random(): string;
}

/** A read's result, and the index to block on for the next change. */
export interface Read<T> {
  value: T;
  index: string;
  /** Entries that were left out because they cannot be used: which, and why, in one line. */
  unfit?: string;
}

/** A key of this cluster. Anybody may have written it. */
export interface Entry {
  key: string;
  value: string;
  /** ModifyIndex: what replaces this very version names it. */
  modified: number;
}

/** An instance of `etcd3` with this cluster's server tag whose node is alive. */
export interface Candidate {
  node: string;
  id: string;
  /** IPv4. */
  address: string;
  port: number;
  meta: Record<string, string>;
}

/** The local agent. All reject with a ConsulError, whose message says why in one line; denied is one of the causes. */
export interface ConsulPort {
  /** All keys of the cluster, linearizable. */
  keys(timeout?: number): Promise<Read<Entry[]>>;
  /** These very keys, as far as they are there, linearizable: no list that somebody has made too long hides them. */
  entries(keys: readonly string[], timeout?: number): Promise<Entry[]>;
  /** Linearizable. */
  candidates(timeout?: number): Promise<Read<Candidate[]>>;
  /** `NAME ADDRESS` of the machines that the agent itself knows to be alive, by gossip: nobody else's word. */
  machines(timeout?: number): Promise<ReadonlySet<string>>;
  /** Returns when keys or candidates have changed since these indexes, or after ten seconds at the latest. */
  change(indexes: { keys: string; candidates: string }): Promise<void>;
  /** Replaces just the version `modified`; 0: makes the key unless there is one. Whether it was done tells only reading again. */
  put(key: string, value: string, modified: number): Promise<void>;
  /** Takes the join lock, or keeps it with the session given; undefined while another has it. */
  acquire(owner: string, session?: string): Promise<string | undefined>;
  release(session: string): Promise<void>;
  register(registration: Registration): Promise<void>;
  deregister(id: string): Promise<void>;
  /** Registrations of this host's agent. */
  services(): Promise<LocalService[]>;
  /** Removes from the catalog what this host was before its disk was wiped; whether there was something. */
  removeFormerNode(): Promise<boolean>;
  /** Of the agent. */
  version(): Promise<string>;
}

export interface Registration {
  ID: string;
  Name: 'etcd3';
  Tags: string[];
  Address: string;
  Port: number;
  Meta: Record<string, string>;
  Check?: { CheckID: string; Name: string; HTTP: string; Interval: string; Timeout: string; Status: 'passing' };
}

export interface LocalService {
  ID: string;
  Service: string;
  Tags: string[];
}

/** A member as a cluster lists it. IDs are 16 hex digits: they do not fit into a JavaScript number. */
export interface Member {
  id: string;
  /** Empty until the member has started. */
  name: string;
  peerUrls: string[];
  /** Published once it has started. */
  clientUrls: string[];
  isLearner: boolean;
}

export interface Membership {
  clusterId: string;
  members: Member[];
}

/** An etcd by its own words. */
export interface Own extends Membership {
  /** undefined where etcd tells it nobody without a password. */
  memberId: string | undefined;
  isLearner: boolean;
  /** Whether a quorum stood behind the list; false: why not. */
  linear: true | string;
}

/**
 * etcd. A member is named by one of its peer URLs; its client port is at the same address. All reject with an Error whose message is one
 * line; `code` is that of the connection where there was none (ECONNREFUSED …).
 */
export interface EtcdPort {
  /** This host's own etcd, by its socket in a directory that etcd's user alone may write to. */
  own(timeout: number): Promise<Own>;
  /** The answer of whatever listens for peers there, which it gives before it has a quorum; learners and strangers too. */
  peer(peerUrl: string, timeout: number): Promise<Membership>;
  /** The members by the log: a read that needed a quorum came before. Learners cannot. */
  list(peerUrl: string, timeout: number): Promise<Membership>;
  /** The new learner's ID. */
  add(via: string, peerUrl: string): Promise<string>;
  remove(via: string, id: string): Promise<void>;
  /** Gives a learner its vote; rejects while it is not in sync. */
  promote(via: string, id: string): Promise<void>;
  /** The member's peer URL is this one from now on. */
  update(via: string, id: string, peerUrl: string): Promise<void>;
  /** Resolves when this host's etcd can serve reads by its own word; `full`: it takes no writes, for want of space. */
  healthy(): Promise<'whole' | 'full'>;
  /** Ends this host's etcd; systemd starts it again, and its gate decides anew. */
  stop(): void;
}

/** The content of the data directory. */
export type Data =
  /** A log of this member: read from the log itself. */
  | { state: 'log'; clusterId: string; memberId: string }
  /** Something under `member/` that is no log that can be read: what, in words. */
  | {
      state: 'remains';
      what: string;
      /** A log of this member, in which nothing stands yet: etcd was killed as it made it, and has promised nothing to anybody. */
      begun?: { clusterId: string; memberId: string } | undefined;
    }
  | { state: 'nothing' };

/** Where a member was launched; kept outside the data directory. */
export interface Place {
  /** Filesystem and path in it of the data directory, as `here()` gave it then. */
  location: string;
  /** Whether something was mounted there: it is not where this file's own filesystem would have it. */
  mounted: boolean;
  /** Of the disk that was launched there. */
  incarnation: string;
  nonce: string;
  memberId: string;
  lineage: string;
  generation: number;
  /** The launch has come to have a log: whoever finds none here has lost it. Of old it was not kept. */
  ran?: true | undefined;
}

/** The last list of members that was verified, beside the data. */
export interface List {
  cluster_id: string;
  members: { id: string; name: string; peer_urls: string[]; learner: boolean }[];
  /** How many voters there are to be: by birth, growth or an operator's retire. */
  size: number;
}

/** This host's disks. Synchronous; what is written is on the disk, file and directory, on return. Throws what the disk says. */
export interface DiskPort {
  data(): Data;
  /** The peer URL that the log and database here have for a member, the latest of several; undefined where none was found in two seconds. */
  loggedAt(memberId: string): string | undefined;
  /** Made when there is none, and anew on a copied disk without data. */
  identity(): Identity;
  saveIdentity(identity: Identity): void;
  machineId(): string;
  /** Filesystem and path in it of the data directory now. */
  here(): { location: string; mounted: boolean };
  place(): Place | undefined;
  savePlace(place: Place): void;
  /**
   * The nonce in the launch mark, which etcd itself deletes at the moment when it makes its first log; '' in one of old. Of a log of this very launch in
   * which nothing stands yet as well.
   */
  mark(): string | undefined;
  setMark(nonce: string): void;
  /** Moves everything under `member/`, but a launch mark, to `member.AS`, deleting nothing but what the launch of that mark left there before. */
  setAside(as: string): void;
  /** etcd's environment for the start that follows. */
  decide(environment: Record<string, string>): void;
  /** Makes a log of the operator's snapshot for the first member of this record; throws while the snapshot is not there. */
  restore(record: ClusterRecord): void;
  /** Why the programs or certificates here cannot be used, if so. */
  unfit(consul: string | undefined): Promise<string | undefined>;
}

export interface DnsPort {
  /** By UDP: `address:port` of every SRV record, each target resolved, sorted. */
  srv(name: string): Promise<string[]>;
  /** How many SRV records the answer over TCP has. */
  countOverTcp(name: string): Promise<number>;
  /** Why programs of this host do not find a name of Consul's at these addresses, in one line; empty: they do. */
  flaw(name: string, addresses: readonly string[]): Promise<string>;
}

export interface ClockPort {
  /** Milliseconds that only ever grow. */
  now(): number;
  /** Seconds since 1970, as this host has it. */
  date(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Consul did not give an answer; the message says why, in words for the status line. */
export class ConsulError extends Error {}

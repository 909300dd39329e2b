import type { Keys } from '../shared/keys.ts';
import type { Candidate, Data, List, Member, Membership, Place } from '../shared/ports.ts';
import type { ClusterRecord } from '../shared/record.ts';

/** This host: its spec and its disk. */
export interface Self {
  name: string;
  peerUrl: string;
  /** The size that the spec wants now; a record keeps that of its birth. */
  size: number;
  scheme: 'http' | 'https';
  incarnation: string;
  phase: 'fresh' | 'launched';
  data: Data;
  /** The members that this host would have agreed on before there was a record. */
  agreed: string | undefined;
  /** The copy beside the data. */
  record: ClusterRecord | undefined;
  /** The lineage of a cluster that this host has seen to live, before it was one of its members. */
  seen: string | undefined;
  /** The latest record that an operator has signed, of those that a disk with a log keeps, and looks at by name. */
  signed: ClusterRecord | undefined;
  /** The last verified members, beside the data. */
  list: List | undefined;
  /** The member that was last launched here, and where its peers know it. */
  memberId: string | undefined;
  launchedAt: string | undefined;
  /** Where they know it by the log alone, if nothing beside it says so. */
  loggedAt: string | undefined;
  /** Of that launch. */
  nonce: string | undefined;
  /** Seconds since 1970 by this host's clock: when it was launched, or later found in its cluster. */
  since: number | undefined;
  /** That launch has never had a log: the mark in etcd's directory, which goes with the first, is still there. */
  untouched: boolean;
  /** The last launch as it is remembered outside the data directory. */
  place: Place | undefined;
  /** Where the data directory lies now. */
  here: { location: string; mounted: boolean };
  /** It is to be a volume: the host's own disk is no place for it. */
  volume: boolean;
  /** The identity was made on another machine. */
  cloned: boolean;
  /** `discovery: srv`: etcd will ask DNS itself. */
  asksDns: boolean;
  /** Why the programs or certificates here cannot be used, if so. */
  unfit: string | undefined;
}

/** A read of something that may be out of reach. */
export type Seen<T> = { known: true; value: T } | { known: false; cause: string };

/** A candidate with its peer URL, written the way this host's spec writes them. */
export interface Peer extends Candidate {
  peerUrl: string;
}

/** The answer at a peer URL. */
export type Answer =
  /** Its list, with a quorum behind it. */
  | { is: 'list'; list: Membership }
  /** No member is there; since when, on the monotonic clock; and which other cluster answers in its place. */
  | { is: 'silent'; since: number; stranger?: string }
  /** Somebody is, and gives no list that a quorum stands behind: why, and whom he lists without. */
  | { is: 'mute'; cause: string; list?: Membership };

/** The answers of the members of the last list, and of those that they named, by peer URL. */
export interface Roll {
  /** The one who was asked first, and is known to be a member: by the own list, the published one, or the record. */
  base: readonly string[];
  answers: ReadonlyMap<string, Answer>;
  now: number;
}

export interface Observed {
  self: Self;
  keys: Seen<Keys>;
  /** Keys in which a record or a mark stands that an operator's key has signed. */
  proven: ReadonlySet<string>;
  candidates: Seen<Peer[]>;
  /** Entries of the catalog that are none: which, and why. */
  leftOut: string;
  /** Things that it costs time to see, looked at only when all else agrees; undefined: not looked at yet. */
  probe: Probe | undefined;
  /** A random token for a proposal, and the seconds since 1970. */
  token: string;
  date: number;
  /** The members' words; without a log asked under the join lock. undefined: not asked yet. */
  roll: Seen<Roll> | undefined;
  /** Another host has the join lock: Consul tells when it is free. */
  isBusy?: boolean;
  /** Milliseconds of silence after which a member is dead by the spec's policy; 0: never. */
  patience: number;
  /** Peer URLs of members that are dead by that policy, in Consul and at their port. */
  dead: string[];
  /** Steps that this attempt to join has done already. */
  attempt: {
    /** The member it added: no other unstarted one is known never to have had a log. */
    added: string | undefined;
    /** It removed the member that this host was, and the place is still free. */
    replaced: boolean;
  };
}

export interface Probe {
  /** Names of hosts where something answers as etcd. */
  answering: string[];
  /** Candidates, or members of the record, of which no machine is there by Consul's gossip. */
  absent: Seen<string[]>;
  /** Of those that answer, who answers as another cluster than the record's: a sentence each. */
  strangers: string[];
  /** IDs of members that have started, or that their cluster has removed, as any peer lists them. */
  started: ReadonlySet<string>;
  dns: Seen<'agrees'>;
}

export type Decision =
  /** There is a log: start etcd with it. `below`: what may lie hidden since, for a log that its cluster has removed ends by itself. */
  | { do: 'start'; below?: string | undefined }
  /** Start an empty etcd with exactly this list and token, when this launch could be spent. */
  | { do: 'new'; record: ClusterRecord; memberId: string }
  /** Start an empty etcd as the member just added, when this launch could be spent. */
  | { do: 'existing'; record: ClusterRecord; memberId: string; members: Member[] }
  /** Create the record unless there is one, then look again. */
  | { do: 'propose'; record: ClusterRecord }
  /** Ask the peers and DNS, whether they agree with the record, or, without one, with the candidates. */
  | { do: 'probe' }
  /** Take the join lock and ask the cluster for its members, then decide again. */
  | { do: 'lock' }
  /** Remove this member, at these peer URLs, then look again. `own`: the record by which a host joins that was this member itself. */
  | {
      do: 'remove';
      memberId: string;
      peerUrls: readonly string[];
      via: string;
      why: string;
      own: ClusterRecord | undefined;
      members: number;
    }
  /** Add this host as a learner, then look again. */
  | { do: 'add'; via: string }
  /** Tell the cluster that its member is at this host's peer URL now, then look again. */
  | { do: 'update'; memberId: string; via: string }
  /** Move what is under etcd's directory out of its way, deleting nothing, then look again. */
  | { do: 'set-aside'; as: string; why: string }
  | { do: 'wait'; cause: string }
  /** Wait as well; nothing that time can mend. `replaced`: the record of the cluster that an operator has put in the place of this disk's. */
  | { do: 'refuse'; cause: string; replaced?: ClusterRecord }
  /** Wait as well, but what is mounted here only a new process can see. */
  | { do: 'again'; cause: string };

/** Reasons for which this host's own registration is none that counts. */
export const ABSENT =
  'in maintenance mode (consul maint)? called like another host, or its agent may not write its node (journalctl -u consul)?';

export const wait = (cause: string): Decision => ({ do: 'wait', cause });
export const refuse = (cause: string): Decision => ({ do: 'refuse', cause });

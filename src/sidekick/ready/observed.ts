import type { Candidate } from '../shared/consul.ts';
import type { Member, Membership } from '../shared/etcd.ts';
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
  /** etcd has data here. */
  wal: boolean;
  /** The copy beside the data. */
  record: ClusterRecord | undefined;
  /** The member that was last launched here, and where its peers know it. */
  memberId: string | undefined;
  launchedAt: string | undefined;
  /** etcd was launched here, and ended before it had a log. */
  untouched: boolean;
  /** The identity was made on another machine. */
  cloned: boolean;
  /** The cluster that etcd was found to run in, which was not the predicted one. */
  quarantined: string | undefined;
  /** `discovery: srv`: etcd will ask DNS itself. */
  asksDns: boolean;
  /** Why the programs here must not run, if so. */
  unfit: string | undefined;
}

/** What was read of something that may be out of reach. */
export type Seen<T> = { known: true; value: T } | { known: false; cause: string };

/** A candidate with its peer URL, written the way this host's spec writes them. */
export interface Peer extends Candidate {
  peerUrl: string;
}

export interface Observed {
  self: Self;
  record: Seen<ClusterRecord | undefined>;
  /** An operator has retired this disk. */
  retired: boolean;
  candidates: Seen<Peer[]>;
  /** What it costs time to see, looked at only when all else agrees; undefined: not looked at yet. */
  probe: { answering: string[]; dns: Seen<'agrees'> } | undefined;
  /** A random token for a proposal. */
  token: string;
  /** The cluster's own list, linearizable; without data, read under the lock. undefined: not looked at. */
  membership: Seen<Membership> | undefined;
  /** Peer URLs of members that have been silent for as long as the spec's policy says. */
  dead: string[];
  /** What this attempt to join has done already. */
  attempt: {
    /** The member it added: no other unstarted one is known never to have had a log. */
    added: string | undefined;
    /** It removed the member that this host was, and the place is still free. */
    replaced: boolean;
  };
}

export type Decision =
  /** There is data: start etcd with it. */
  | { do: 'start' }
  /** Start an empty etcd with exactly this list and token, having written `launched`. */
  | { do: 'new'; record: ClusterRecord }
  /** Start an empty etcd as the member just added, having written `launched`. */
  | { do: 'existing'; record: ClusterRecord; memberId: string; members: Member[] }
  /** Create the record unless there is one, then look again. */
  | { do: 'propose'; record: ClusterRecord }
  /** Ask the peers and DNS, whether they agree with the record, or, without one, with the candidates. */
  | { do: 'probe' }
  /** Take the lock and ask the cluster for its members, then decide again. */
  | { do: 'lock' }
  /** Remove this member from the cluster, then look again. */
  | { do: 'remove'; memberId: string; why: string }
  /** Add this host as a learner, then look again. */
  | { do: 'add' }
  /** Move the data out of etcd's way, deleting nothing, then look again. */
  | { do: 'set-aside'; why: string }
  | { do: 'wait'; cause: string }
  /** Wait as well; nothing that time can mend. */
  | { do: 'refuse'; cause: string };

export const wait = (cause: string): Decision => ({ do: 'wait', cause });
export const refuse = (cause: string): Decision => ({ do: 'refuse', cause });

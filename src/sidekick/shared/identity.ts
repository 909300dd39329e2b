import type { List } from './ports.ts';
import type { ClusterRecord } from './record.ts';

/** A file beside etcd's data, gone when the disk is wiped: which disk this is, and whether etcd ever started on it. */
export interface Identity {
  incarnation: string;
  /** Of the machine that made the file: a cloned disk does not match. */
  machineId: string;
  /** `launched` is written before etcd starts from an empty log. */
  phase: 'fresh' | 'launched';
  /** The members that this host has seen itself and would agree on, before there was a record: `membersOf` it. */
  agreed?: string;
  /** Copy of the cluster's record, from the launch on. */
  record?: ClusterRecord;
  /** The member that was launched here: its ID, and its peer URL then. */
  memberId?: string;
  peerUrl?: string;
  /** Of the launch: what Consul's launch key holds, and the mark in etcd's directory. */
  nonce?: string;
  /** Seconds since 1970 by this host's clock: at the launch, or within a day of now where its cluster is verified. */
  since?: number;
  /** A record by which an operator has put another cluster in the place of this disk's, from when it was first seen: Consul may be out of reach later. */
  replaced?: ClusterRecord;
  /** The lineage of a cluster of this name that its members have shown this host to live, before it was one of them: it founds no other. */
  seen?: string;
  /** The members as this one last knew them by the log. */
  list?: List;
}

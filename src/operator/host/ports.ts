import type { Candidate, ClockPort, ConsulPort, Membership } from '../../sidekick/shared/ports.ts';

/**
 * Everything by which an operator's command touches a cluster. The plans are made of what comes through here and are pure; the
 * model drives the same commands through ports of its own.
 */
export interface OperatorPorts {
  consul: OperatorConsul;
  etcd: OperatorEtcd;
  clock: ClockPort;
  /** A random UUID. */
  random(): string;
}

/** Whatever rejects does so with a ConsulError, whose message is one line. */
export interface OperatorConsul extends Pick<ConsulPort, 'keys' | 'put' | 'acquire' | 'release'> {
  /** Everything registered as a server of this cluster, alive or not and under either scheme, linearizable. */
  registrations(): Promise<Registrations>;
  /** The machines that the agents themselves know of, by gossip: what anybody has written into the catalog is not among them. */
  machines(): Promise<Machine[]>;
  /** Members that serve clients and pass their checks, linearizable. */
  clients(): Promise<Registrations>;
  /** Deletes just this version of a key. */
  remove(key: string, modified: number): Promise<void>;
}

/** A registration as Consul has it: anybody may have made it. */
export interface Registration extends Candidate {
  /** All of Consul's checks pass. */
  alive: boolean;
}

export interface Registrations {
  hosts: Registration[];
  /** Entries that no host can have made, each with why, in one line. */
  unfit: string[];
}

/** A machine of Consul's, or one that has left it, or failed, within the last days. */
export interface Machine {
  node: string;
  address: string;
  alive: boolean;
}

/** A member by its own words. */
export interface Status {
  /** 16 hex digits. */
  memberId: string;
  /** 16 hex digits; undefined: it knows of none. */
  leader: string | undefined;
  /** Index of the last entry of its log. */
  raftIndex: bigint;
  /** Alarms of the cluster. */
  alarms: { memberId: string; kind: 'NOSPACE' | 'CORRUPT' | 'UNKNOWN' }[];
}

/** Of a port: something listens; the machine is there and nothing listens; nobody can say. */
export type Probe = 'answers' | 'closed' | 'silent';

/** etcd by its port for clients, at the address of a peer URL. Whatever rejects does so with etcd's words in one line. */
export interface OperatorEtcd {
  /** The members by the log: a read that needed a quorum came before. */
  list(peerUrl: string, timeout: number): Promise<Membership>;
  /** The members as this one last knew them. */
  known(peerUrl: string, timeout: number): Promise<Membership>;
  status(peerUrl: string, timeout: number): Promise<Status>;
  /** Rejects unless it serves a read that needs a quorum. */
  read(peerUrl: string, timeout: number): Promise<void>;
  /** Makes another member the leader; asked of the one that leads. */
  handOn(peerUrl: string, to: string, timeout: number): Promise<void>;
  remove(via: string, id: string): Promise<void>;
  /** Whether anything listens for peers there. */
  probe(address: string, port: number): Promise<Probe>;
}

import type { Candidate } from '../shared/consul.ts';
import { type ClusterRecord, makeRecord } from '../shared/record.ts';

/** This host: its spec and its disk. */
export interface Self {
  name: string;
  peerUrl: string;
  size: number;
  scheme: 'http' | 'https';
  incarnation: string;
  phase: 'fresh' | 'launched';
  /** etcd has data here. */
  wal: boolean;
  /** The copy beside the data. */
  record: ClusterRecord | undefined;
  /** etcd was launched here, and ended before it had a log. */
  untouched: boolean;
  /** The identity was made on another machine. */
  cloned: boolean;
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
  candidates: Seen<Peer[]>;
  /** What it costs time to see, looked at only when all else agrees; undefined: not looked at yet. */
  probe: { answering: string[]; dns: Seen<'agrees'> } | undefined;
  /** A random token for a proposal. */
  token: string;
}

export type Decision =
  /** There is data: start etcd with it. */
  | { do: 'start' }
  /** Start an empty etcd with exactly this list and token, having written `launched`. */
  | { do: 'new'; record: ClusterRecord }
  /** Create the record unless there is one, then look again. */
  | { do: 'propose'; record: ClusterRecord }
  /** Ask the peers and DNS, then decide again. */
  | { do: 'probe' }
  | { do: 'wait'; cause: string }
  /** Wait as well; nothing that time can mend. */
  | { do: 'refuse'; cause: string };

const wait = (cause: string): Decision => ({ do: 'wait', cause });

/** The one decision whether and how etcd may start (docs/safety.md, rules 1 to 5). Pure. */
export function decide(seen: Observed): Decision {
  const { self, record } = seen;
  // 1. Data wins: Consul is not asked, though a readable record of another cluster is heeded.
  if (self.wal) {
    const mine = self.record?.members.find((member) => member.incarnation === self.incarnation);
    if (self.cloned || (mine && mine.peer_url !== self.peerUrl)) {
      const where = mine?.peer_url ?? 'another machine';
      return {
        do: 'refuse',
        cause: `the data here is of the member at ${where}, this host is ${self.peerUrl}: a copied disk?`,
      };
    }
    const agreed = record.known ? record.value : undefined;
    if (agreed && self.record && agreed.cluster_id !== self.record.cluster_id) {
      const cause = `the data here is of cluster ${self.record.cluster_id}, the record in Consul of ${agreed.cluster_id}`;
      return { do: 'refuse', cause };
    }
    return { do: 'start' };
  }
  // 5. Any error from Consul: wait. No time-out opens the gate.
  if (!record.known) return wait(record.cause);
  if (record.value !== undefined) return withRecord(self, record.value);
  return withoutRecord(seen);
}

/** Rules 2 and 3. */
function withRecord(self: Self, record: ClusterRecord): Decision {
  const mine = record.members.find((member) => member.incarnation === self.incarnation);
  if (mine === undefined) {
    const former = record.members.find((member) => member.peer_url === self.peerUrl || member.name === self.name);
    return wait(
      former === undefined
        ? `cluster ${record.cluster_id} has its ${record.size} members and this host is none of them; joining it is an operator's task`
        : `the record lists ${former.name} (${former.peer_url}) with another disk: this host was wiped or replaced; joining again is an operator's task`,
    );
  }
  if (self.phase === 'launched' && !self.untouched) {
    return wait(
      `etcd was started here before and its data is gone; joining cluster ${record.cluster_id} again is an operator's task`,
    );
  }
  if (mine.peer_url !== self.peerUrl) {
    return { do: 'refuse', cause: `the record lists this host at ${mine.peer_url}, but it is at ${self.peerUrl} now` };
  }
  if (mine.name !== self.name || record.size !== self.size) {
    const cause = `the record lists this host as ${mine.name}, one of ${record.size}; it is ${self.name}, one of ${self.size}, now`;
    return { do: 'refuse', cause };
  }
  return { do: 'new', record };
}

/** Rule 4. */
function withoutRecord({ self, candidates, probe, token }: Observed): Decision {
  if (self.phase === 'launched') {
    // Consul lost the record, this host did not, and it may still start from it.
    if (self.untouched && self.record) return { do: 'propose', record: self.record };
    return wait('etcd was started here before, its data is gone, and Consul has no record of its cluster');
  }
  if (!candidates.known) return wait(candidates.cause);
  const peers = candidates.value;
  const doubt = doubtful(self, peers);
  if (doubt !== undefined) return wait(doubt);
  if (probe === undefined) return { do: 'probe' };
  if (probe.answering.length > 0) {
    return wait(`no record in Consul, but etcd answers already at ${probe.answering.join(', ')}: a cluster is there`);
  }
  if (!probe.dns.known) return wait(probe.dns.cause);
  const members = peers.map((peer) => ({
    name: peer.node,
    incarnation: peer.meta.incarnation ?? '',
    peer_url: peer.peerUrl,
  }));
  return { do: 'propose', record: makeRecord(members, token, 1) };
}

/** Why these candidates are not exactly the cluster to be, or undefined. */
function doubtful(self: Self, peers: Peer[]): string | undefined {
  const names = (some: Peer[]) =>
    some
      .map((peer) => peer.node)
      .sort()
      .join(', ');
  const withData = peers.filter((peer) => peer.meta.state !== 'empty');
  if (withData.length > 0) {
    return `no record in Consul, but ${names(withData)} registered with data: a cluster was here before`;
  }
  const strangers = peers.filter((peer) => peer.meta.scheme !== self.scheme || peer.meta.size !== String(self.size));
  if (strangers.length > 0) {
    const theirs = strangers.map((peer) => `${peer.node}: size ${peer.meta.size}, ${peer.meta.scheme}`).join('; ');
    return `hosts disagree on the spec: here size ${self.size}, ${self.scheme}; ${theirs}`;
  }
  for (const [what, of] of [
    ['name', (peer: Peer) => peer.node],
    ['address', (peer: Peer) => peer.peerUrl],
    ['disk (a copied image?)', (peer: Peer) => peer.meta.incarnation ?? ''],
  ] as const) {
    const first = new Map<string, Peer>();
    for (const peer of peers) {
      const other = first.get(of(peer));
      if (other !== undefined) return `${other.id} and ${peer.id} registered with the same ${what}: ${of(peer)}`;
      first.set(of(peer), peer);
    }
  }
  const here = peers.some((peer) => peer.meta.incarnation === self.incarnation && peer.peerUrl === self.peerUrl);
  const there = `${peers.length} of ${self.size} registered${peers.length > 0 ? `: ${names(peers)}` : ''}`;
  if (!here) return `${there}; this host's own record is not among them`;
  if (peers.length !== self.size) return there;
  return undefined;
}

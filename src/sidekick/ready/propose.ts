import { makeRecord } from '../shared/record.ts';
import { ABSENT, type Decision, type Observed, type Peer, type Self, wait } from './observed.ts';

/** 4. There is no record: propose one, but only with exactly N candidates about whom nothing is in doubt. */
export function propose({ self, candidates, leftOut, probe, token, date }: Observed): Decision {
  if (self.phase === 'launched') {
    // Consul lost the record, this host did not, and it may still start, or join, by it.
    if (self.untouched && self.record) return { do: 'propose', record: self.record };
    return wait('etcd was started here before, its data is gone, and Consul has no record of its cluster');
  }
  if (self.place !== undefined) {
    return wait(
      `member ${self.place.memberId} of cluster ${self.place.lineage} was launched here before, its data is gone, and Consul has no record of it: if all is to begin anew: rm /var/lib/quorumgate-etcd/place.json`,
    );
  }
  if (self.seen !== undefined) {
    return wait(
      `this host has seen cluster ${self.seen}, of which Consul has no record: its members put it back; if it is gone for good, and all is to begin anew: delete quorumgate.json in etcd's data directory`,
    );
  }
  if (self.data.state === 'remains') return wait(`${self.data.what}, and no log of etcd: move it away`);
  if (!candidates.known) return wait(candidates.cause);
  const peers = candidates.value;
  const doubt = doubtful(self, peers);
  if (doubt !== undefined) return wait(leftOut ? `${doubt}; left out: ${leftOut}` : doubt);
  if (probe === undefined) return { do: 'probe' };
  if (probe.answering.length > 0) {
    return wait(`no record in Consul, but etcd answers already at ${probe.answering.join(', ')}: a cluster is there`);
  }
  if (!probe.absent.known) return wait(probe.absent.cause);
  if (probe.absent.value.length > 0) return wait(nowhere(probe.absent.value));
  if (!probe.dns.known) return wait(probe.dns.cause);
  const members = peers.map((peer) => ({
    name: peer.node,
    incarnation: peer.meta.incarnation ?? '',
    peer_url: peer.peerUrl,
  }));
  return { do: 'propose', record: makeRecord(members, token, date) };
}

/** Of entries that anybody can have written. */
const nowhere = (names: readonly string[]): string =>
  `Consul's catalog has ${names.join(', ')}, its agents know of no such machine that is alive`;

/** Why these candidates are not exactly the cluster to be, or undefined. */
function doubtful(self: Self, peers: Peer[]): string | undefined {
  const names = (some: Peer[]) =>
    some
      .map((peer) => peer.node)
      .sort()
      .join(', ');
  const mountless = peers.filter(({ meta }) => meta.state === 'missing' && !meta.lineage && !meta.member);
  if (mountless.length > 0) return `${names(mountless)} registered before a volume was mounted there`;
  const withData = peers.filter((peer) => peer.meta.state !== 'empty');
  if (withData.length > 0) {
    return `no record in Consul, but ${names(withData)} registered with data: a cluster was here before`;
  }
  const knowing = peers.find((peer) => peer.meta.seen);
  if (knowing) return `no record in Consul, but ${knowing.node} has seen cluster ${knowing.meta.seen}`;
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
  if (!here) return `${there}; this host's own record is not among them: ${ABSENT}`;
  if (peers.length !== self.size) return there;
  return undefined;
}

import type { Member } from '../shared/ports.ts';
import { type ClusterRecord, lineageOf } from '../shared/record.ts';
import { type Believed, believe } from './believe.ts';
import { ABSENT, type Decision, type Observed, type Peer, wait } from './observed.ts';

/**
 * 3. A wiped, replaced or extra host joins the cluster that there is, through the cluster's own log. It starts from an
 * empty log only as a member that was added for it, and removes only the member that it was itself, whose data is gone,
 * or one that is dead by the spec's policy.
 *
 * @param why it does not start from the record, for the status line; ends with `; `, or is empty
 */
export function join(seen: Observed, record: ClusterRecord, why = ''): Decision {
  const { self, candidates, roll } = seen;
  if (!candidates.known) return wait(candidates.cause);
  const here = candidates.value.some(
    (peer) => peer.peerUrl === self.peerUrl && peer.meta.incarnation === self.incarnation,
  );
  // The others would take a learner that Consul does not list for a dead one.
  if (!here) return wait(`${why}this host's own registration is not among those that pass Consul's checks: ${ABSENT}`);
  // Whose etcd is down for a moment would lose its membership to this host.
  const isOther = ({ node, meta }: Peer) => node !== self.name && meta.incarnation !== self.incarnation;
  const twin = candidates.value.find((peer) => peer.peerUrl === self.peerUrl && isOther(peer));
  if (twin) return wait(`${why}${twin.node} is registered at ${self.peerUrl} too: is this host's address right?`);
  if (roll === undefined) return { do: 'lock' };
  const believed = roll.known ? believe(seen, roll.value, record.cluster_id, [self.peerUrl]) : roll;
  if (!believed.known) {
    return wait(`${why}cannot join cluster ${record.cluster_id}: ${believed.cause}${advice(seen, record)}`);
  }
  return joinBelieved(seen, record, believed.value);
}

function joinBelieved(seen: Observed, record: ClusterRecord, { clusterId, members, via }: Believed): Decision {
  const { self, dead, attempt, keys } = seen;
  const remove = ({ id, peerUrls }: Member, why: string, own?: ClusterRecord): Decision => {
    return { do: 'remove', memberId: id, peerUrls, via, why, own, members: members.length };
  };
  const mine = members.find((member) => member.peerUrls.includes(self.peerUrl));
  // One that has told where it serves clients has had a log, whatever this disk or Consul remembers.
  if (mine !== undefined && (mine.id !== (attempt.added ?? unspent(seen, record)) || mine.clientUrls.length > 0)) {
    return remove(mine, 'this host was it, and its data is gone', record);
  }
  // With a dead member left in, most versions of etcd add none, and nobody knows what it would tell this host.
  const lost = members.find(({ peerUrls }) => peerUrls.length > 0 && peerUrls.every((url) => dead.includes(url)));
  if (lost !== undefined) return remove(lost, `${lost.name || lost.peerUrls.join()} is dead by the spec's policy`);
  if (mine !== undefined) return { do: 'existing', record, memberId: mine.id, members };
  const learner = members.find((member) => member.isLearner);
  if (learner !== undefined) return wait(`${learner.name || learner.peerUrls.join()} is joining; one at a time`);
  // As many as were last agreed: a host that was killed between its removal and its addition finds its place free.
  const agreed = (keys.known && keys.value.lists.get(lineageOf(record))?.list.size) || 0;
  const size = Math.max(self.size, agreed);
  if (members.length < size || attempt.replaced) return { do: 'add', via };
  const names = members.map((member) => member.name || member.id).sort();
  return wait(`cluster ${clusterId} has its ${size} members (${names.join(', ')}); this host is extra`);
}

/** The member that was added for this very disk, and has never had a log, should its launch have come to nothing. */
function unspent({ self, keys }: Observed, record: ClusterRecord): string | undefined {
  const launch = keys.known && keys.value.launches.get(`${lineageOf(record)}/${self.memberId}`)?.launch;
  return self.untouched && !(launch && (launch.log || launch.nonce !== self.nonce)) ? self.memberId : undefined;
}

/** Advice for an operator when nobody answers: never what would give up data that may be there. */
function advice({ keys, candidates, roll }: Observed, record: ClusterRecord): string {
  if (!roll?.known || [...roll.value.answers.values()].some(({ is }) => is === 'list')) return '';
  const found = keys.known ? keys.value.lists.get(lineageOf(record)) : undefined;
  const urls =
    found?.list.members.map(({ peer_urls: [url = ''] }) => url) ?? record.members.map(({ peer_url }) => peer_url);
  const there = candidates.known ? candidates.value : [];
  const holding = there.filter(({ meta }) => meta.state !== 'empty' && meta.state !== 'launched');
  if (holding.length > 0) {
    const names = holding.map(({ node, meta }) => `${node} (${meta.state})`).join(', ');
    return `; data is left on ${names}: if no more come back, restore from it: docs/operations.md, "A majority is lost"`;
  }
  const absent = urls.filter((url) => !there.some(({ peerUrl }) => peerUrl === url));
  const isSeen = keys.known && keys.value.records.has(lineageOf(record));
  const by = found?.entry.key ?? (keys.known ? keys.value.bootstrap?.entry.key : '');
  const from = isSeen ? '' : `, by Consul's key ${by}, which no member has confirmed`;
  if (absent.length > 0) return `; not here: ${absent.join(', ')}${from}`;
  return '; if no data is left anywhere: quorumgate reset, or restore';
}

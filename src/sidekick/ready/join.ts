import type { ClusterRecord } from '../shared/record.ts';
import { type Decision, type Observed, refuse, wait } from './observed.ts';

/**
 * 3. A wiped, replaced or extra host joins the cluster that there is, through the cluster's own log. It starts from an
 * empty log only as a member that was added for it, and removes only the member that it was itself, whose data is gone,
 * or one that is dead by the spec's policy.
 */
export function join(seen: Observed, record: ClusterRecord): Decision {
  const { self, candidates, membership, dead, attempt } = seen;
  if (!candidates.known) return wait(candidates.cause);
  const here = candidates.value.some(
    (peer) => peer.peerUrl === self.peerUrl && peer.meta.incarnation === self.incarnation,
  );
  // The others would take a learner that Consul does not list for a dead one.
  if (!here) return wait("this host's own record is not among those registered");
  if (membership === undefined) return { do: 'lock' };
  if (!membership.known) return wait(`cannot join cluster ${record.cluster_id}: ${membership.cause}`);
  const { clusterId, members } = membership.value;
  if (clusterId !== record.cluster_id) {
    return refuse(`the members answer as cluster ${clusterId}, the record is of ${record.cluster_id}`);
  }
  const mine = members.find((member) => member.peerUrls.includes(self.peerUrl));
  const added = attempt.added ?? (self.untouched ? self.memberId : undefined);
  if (mine !== undefined && mine.id !== added) {
    return { do: 'remove', memberId: mine.id, why: 'this host was it, and its data is gone' };
  }
  // With a dead member left in, most versions of etcd add none, and nobody knows what it would tell this host.
  const lost = members.find(({ peerUrls }) => peerUrls.length > 0 && peerUrls.every((url) => dead.includes(url)));
  if (lost !== undefined) {
    return {
      do: 'remove',
      memberId: lost.id,
      why: `${lost.name || lost.peerUrls.join()} is dead by the spec's policy`,
    };
  }
  if (mine !== undefined) return { do: 'existing', record, memberId: mine.id, members };
  const learner = members.find((member) => member.isLearner);
  if (learner !== undefined) return wait(`${learner.name || learner.peerUrls.join()} is joining; one at a time`);
  if (members.length < self.size || attempt.replaced) return { do: 'add' };
  const names = members.map((member) => member.name || member.id).sort();
  return wait(`cluster ${clusterId} has its ${self.size} members (${names.join(', ')}); this host is extra`);
}

import { memberId } from '../shared/cluster-id.ts';
import type { ClusterRecord } from '../shared/record.ts';
import { join } from './join.ts';
import { type Decision, type Observed, refuse, wait } from './observed.ts';
import { propose } from './propose.ts';

/** The one decision whether and how etcd may start (docs/safety.md, rules 1 to 5). Pure. */
export function decide(seen: Observed): Decision {
  const { self, record } = seen;
  if (self.unfit !== undefined) return refuse(self.unfit);
  if (seen.retired) return refuse('an operator has retired this host: end it, or wipe its disk to use it anew');
  if (self.wal) return withData(seen);
  // 5. Any error from Consul: wait. No time-out opens the gate.
  if (!record.known) return wait(record.cause);
  return record.value === undefined ? propose(seen) : withRecord(seen, record.value);
}

/** 1. Data wins: Consul is not needed, though what can be read of another cluster is heeded. */
function withData({ self, record, membership }: Observed): Decision {
  if (self.quarantined !== undefined) {
    return { do: 'set-aside', why: `it is of cluster ${self.quarantined}, which was not the predicted one` };
  }
  const own = self.record?.cluster_id;
  // A removed ID never comes back, so this data can never be a member's again.
  const list = membership?.known && membership.value.clusterId === own ? membership.value.members : undefined;
  if (self.memberId && list && !list.some((member) => member.id === self.memberId)) {
    return { do: 'set-aside', why: `cluster ${own} has removed its member ${self.memberId}` };
  }
  if (self.cloned) {
    return refuse(
      'the data here was made on another machine: a copied disk? docs/operations.md, "A disk that was moved"',
    );
  }
  if ((self.launchedAt ?? self.peerUrl) !== self.peerUrl) {
    return refuse(`the data here is of the member at ${self.launchedAt}, this host is ${self.peerUrl}: a copied disk?`);
  }
  const agreed = record.known ? record.value : undefined;
  // An older generation in Consul comes from a loss of its data, and is replaced once this member runs.
  if (agreed && self.record && agreed.cluster_id !== own && agreed.generation >= self.record.generation) {
    return refuse(`the data here is of cluster ${own}, the record in Consul of ${agreed.cluster_id}`);
  }
  return { do: 'start' };
}

/** 2. Listed with this very disk, and never started from this list: start. Else 3: join. */
function withRecord(seen: Observed, record: ClusterRecord): Decision {
  const { self, probe } = seen;
  const mine = record.members.find((member) => member.incarnation === self.incarnation);
  // Launched, but as this very member and without a log ever since.
  const again = self.untouched && mine !== undefined && self.memberId === memberId(mine.peer_url, record.token);
  // An operator's reset has made other members; what was set aside has promised nothing to this cluster.
  const before = self.record !== undefined && self.record.generation < record.generation;
  const elsewhere = self.quarantined !== undefined && self.quarantined !== record.cluster_id;
  const unused = self.phase === 'fresh' || again || before || elsewhere;
  if (mine === undefined || !unused) return join(seen, record);
  if (mine.peer_url !== self.peerUrl || mine.name !== self.name) {
    const now = `${self.name} at ${self.peerUrl}`;
    return refuse(`the record lists this host as ${mine.name} at ${mine.peer_url}; it is ${now} now`);
  }
  if (self.asksDns) {
    if (probe === undefined) return { do: 'probe' };
    if (!probe.dns.known) return wait(probe.dns.cause);
  }
  return { do: 'new', record };
}

import { memberId } from '../shared/cluster-id.ts';
import { allRecords } from '../shared/keys.ts';
import { type ClusterRecord, lineageOf, membersOf, type RecordMember } from '../shared/record.ts';
import { addressIn } from '../shared/settings.ts';
import { believe } from './believe.ts';
import { choose, outranking } from './choose.ts';
import { join } from './join.ts';
import { type Decision, type Observed, refuse, type Self, wait } from './observed.ts';
import { propose } from './propose.ts';

const RETIRED = 'an operator has retired this host: end it, or wipe its disk to use it anew';
/** Of a disk with data: a retire that was cut off has left its mark, and the member in its cluster. */
const MARKED =
  'an operator has retired this host, and its members do not say here that it is one of them still: end it; or, if `quorumgate member list` shows it, run `member retire` again';

/** The one decision whether and how etcd may start (docs/safety.md, rules 1 to 5). Pure. */
export function decide(seen: Observed): Decision {
  const { self, keys } = seen;
  if (self.unfit !== undefined) return refuse(self.unfit);
  if (self.data.state === 'log') return withLog(seen, self.data);
  if (isRetired(seen) === 'proven') return refuse(RETIRED);
  const elsewhere = displaced(self) ?? unmounted(self);
  if (elsewhere !== undefined) return { do: 'again', cause: `waiting: ${elsewhere}` };
  // 5. Any error from Consul: wait. No time-out opens the gate.
  if (!keys.known) return wait(keys.cause);
  const chosen = choose(seen);
  if (!chosen.known) return wait(chosen.cause);
  return chosen.value === undefined ? propose(seen) : withRecord(seen, chosen.value);
}

/**
 * Whether this disk is marked as retired: by anybody, or by an operator's signature. No mark is for a log of another member than it names;
 * a disk without one has nothing to lose, and may have gone back to before that member.
 */
function isRetired({ self, keys, proven }: Observed): 'no' | 'marked' | 'proven' {
  const mark = keys.known && keys.value.retired.get(self.incarnation);
  if (!mark) return 'no';
  if (self.data.state === 'log' && mark.member && mark.member !== self.data.memberId) return 'no';
  const [key] = [...proven].filter((name) => name.endsWith(`/retired/${self.incarnation}`));
  return key === undefined ? 'marked' : 'proven';
}

/** A member was launched here on another filesystem: its data is not gone, it is elsewhere. */
export function displaced({ place, here }: Pick<Self, 'place' | 'here'>): string | undefined {
  if (place === undefined || place.location === here.location) return undefined;
  const lost = place.mounted ? 'is its volume mounted?' : 'what is mounted over it?';
  return `the data of member ${place.memberId} is not here, it was on filesystem ${place.location}: ${lost} If it is lost for good: rm /var/lib/quorumgate-etcd/place.json`;
}

/** The volume that the spec speaks of is not there yet. */
function unmounted({ volume, here }: Self): string | undefined {
  return volume && !here.mounted
    ? 'no volume is mounted for its data yet, which `etcd.volume` says there is'
    : undefined;
}

type Log = { clusterId: string; memberId: string };

/** 1. Data wins: Consul is not needed, and nobody's word but an operator's signature or the members' own holds it back. */
function withLog(seen: Observed, log: Log): Decision {
  const { self, roll } = seen;
  const own = self.record?.cluster_id ?? log.clusterId;
  // Token and URL make the member's ID: by its own list or a stray one, it is the one that was launched here.
  if (self.asksDns && log.clusterId !== own && log.memberId === self.memberId) {
    return {
      do: 'set-aside',
      as: log.clusterId,
      why: `it is of cluster ${log.clusterId}, which was not the predicted one`,
    };
  }
  if (isRetired(seen) === 'proven' && !isMemberStill(seen, log, own)) return refuse(MARKED);
  const cause = whyNot(seen, log, own);
  if (cause !== undefined) return refuse(cause);
  const later = outranking(seen, own, self.record, self.since, self.signed);
  if (later !== undefined) {
    const put = `an operator has put ${later.cluster_id} in its place: wipe this disk`;
    return { do: 'refuse', cause: `the data here is of cluster ${own}; ${put}`, replaced: later };
  }
  const answers = roll?.known ? [...roll.value.answers.values()] : [];
  const lists = answers.flatMap((one) => (one.is !== 'silent' && one.list?.clusterId === own ? [one] : []));
  const isListed = lists.some(({ list }) => list?.members.some(({ id }) => id === log.memberId));
  // Data that was launched here since may lie below what is mounted now.
  const below = self.place?.memberId === log.memberId ? undefined : displaced(self);
  // A list that no quorum stands behind may be older than this member: by itself it speaks for it, never against it.
  const isDenied = !isListed && lists.some(({ is }) => is === 'list' || below !== undefined);
  // Its cluster's word of where it is comes first: a copy of this disk may have taken its place.
  const before = servedAt(seen, log, own) ?? self.launchedAt ?? self.loggedAt ?? self.peerUrl;
  if (before !== self.peerUrl) return moved(seen, own, log.memberId, before);
  // In doubt it starts: what was removed can do no harm, etcd itself hears of it and ends. Whom to ask it must know by itself.
  const start: Decision = { do: 'start', below };
  if (!isDenied || !roll?.known || isForgotten(self)) return start;
  const believed = believe(seen, roll.value, own, [self.peerUrl]);
  if (believed.known) {
    // A removed ID never comes back, so this data can never be a member's again.
    if (isRetired(seen) === 'marked') return refuse(RETIRED);
    return { do: 'set-aside', as: log.memberId, why: `cluster ${own} has removed its member ${log.memberId}` };
  }
  if (seen.patience === 0) return start;
  const doubt = `removed from its cluster? ${believed.cause}`;
  return below ? { do: 'again', cause: `waiting: ${doubt}; ${below}` } : wait(doubt);
}

/** By a list that is believed, its own answer apart: the removal that an operator has signed has not been made. */
function isMemberStill({ self, roll, ...seen }: Observed, { memberId: id }: Log, own: string): boolean {
  if (!roll?.known) return false;
  const believed = believe({ self, ...seen }, roll.value, own, [self.peerUrl]);
  return believed.known && believed.value.members.some((member) => member.id === id);
}

/** Why this log is not started, whatever its cluster may say: it is not this disk's. */
function whyNot(seen: Observed, log: Log, own: string): string | undefined {
  const { self } = seen;
  if (self.cloned) {
    return 'the data here was made on another machine: a copied disk? docs/operations.md, "A disk that was moved"';
  }
  if (log.clusterId !== own || log.memberId !== (self.memberId ?? log.memberId) || self.phase === 'fresh') {
    const launched = self.memberId ? `member ${self.memberId} of ${own}` : 'a disk that was never launched';
    return `the log here is of member ${log.memberId} of cluster ${log.clusterId}, quorumgate.json beside it of ${launched}: one of them is of another disk; if this is the right log, delete that file`;
  }
  // The file beside the data is lost, or of a launch that was given up; the one outside it tells.
  const { place } = self;
  if ((isForgotten(self) || self.memberId === undefined) && place && place.memberId !== log.memberId) {
    return `the log here is of member ${log.memberId} of cluster ${log.clusterId}, and member ${place.memberId} was launched on this host: a copied directory? If it is the right log: rm /var/lib/quorumgate-etcd/place.json`;
  }
  return undefined;
}

/** The identity was lost: who is beside a log it says itself, where and by which record it does not. */
const isForgotten = ({ record, launchedAt }: Self) => record === undefined && launchedAt === undefined;

/** Where the members of its cluster have the member whose log this is, if not here: it may run there. */
function servedAt(seen: Observed, log: Log, cluster: string): string | undefined {
  const { self, roll } = seen;
  if (!roll?.known) return undefined;
  const believed = believe(seen, roll.value, cluster, [self.peerUrl]);
  const urls = believed.known ? believed.value.members.find(({ id }) => id === log.memberId)?.peerUrls : undefined;
  return urls?.includes(self.peerUrl) ? undefined : urls?.[0];
}

/** The setting by which a peer URL has become another; undefined when it is the address. */
function settingOf(before: string, now: string): string | undefined {
  const [was, is] = [new URL(before), new URL(now)];
  if (was.protocol !== is.protocol) return 'tls';
  if (addressIn(before) !== addressIn(now)) return undefined;
  return was.port === is.port ? 'etcd.discovery' : 'etcd.peerPort';
}

/** As far as its disk knows it is the only member: by the last list, or by the birth of a cluster of one, which others may have joined since. */
function isAlone({ list, record }: Self, id: string): boolean {
  const known = list?.members.map((member) => member.id);
  const born = record?.members.map((member) => memberId(member.peer_url, record.token));
  return (known ?? born)?.join() === id;
}

/** Milliseconds that nobody was at a former address, where the spec's policy says none. */
const LEAST_SILENCE = 60_000;

/** A machine at another address than before: a quorum of the others can be told. */
function moved(seen: Observed, cluster: string, id: string, before: string): Decision {
  const { self, roll } = seen;
  const change = `this host was ${before} and is ${self.peerUrl} now`;
  const setting = settingOf(before, self.peerUrl);
  if (setting !== undefined) {
    return refuse(
      `\`${setting}\` of a cluster that lives cannot be changed: ${change}; put it back: docs/operations.md, "What cannot change"`,
    );
  }
  // It is all there is of its cluster, and can be told by itself.
  if (isAlone(self, id)) return { do: 'start' };
  if (!roll?.known) return wait(`${change}; ${roll?.cause ?? 'no member was asked'}`);
  const there = roll.value.answers.get(before);
  if (there && there.is !== 'silent') return refuse(`${change}, and somebody answers there: a copied disk?`);
  // The machine that this disk was copied from may be about to come back.
  const enough = seen.patience || LEAST_SILENCE;
  const silence = there ? roll.value.now - there.since : enough;
  if (silence < enough)
    return wait(`${change}; its cluster is told after ${enough / 1000} s in which nobody is at the former address`);
  const believed = believe(seen, roll.value, cluster, [self.peerUrl, before]);
  if (!believed.known) return wait(`${change}, which a quorum has to be told: ${believed.cause}`);
  const { members, via } = believed.value;
  const mine = members.find((member) => member.id === id);
  if (mine === undefined) {
    return { do: 'set-aside', as: id, why: `cluster ${cluster} has removed its member ${id}` };
  }
  const other = members.find((member) => member.id !== id && member.peerUrls.includes(self.peerUrl));
  if (other) return refuse(`${change}, where ${other.name || other.id} is a member: give this host another address`);
  return { do: 'update', memberId: id, via };
}

/** 2. Listed with this very disk, which has never had a log of that member: start, if the launch can be spent. Else 3: join. */
function withRecord(seen: Observed, record: ClusterRecord): Decision {
  const { self, probe } = seen;
  const mine = record.members.find((member) => member.incarnation === self.incarnation);
  if (mine === undefined) return join(seen, record);
  const id = memberId(mine.peer_url, record.token);
  const reason = launchedBefore(seen, record, id);
  if (reason !== undefined) return join(seen, record, reason);
  if (mine.peer_url !== self.peerUrl || mine.name !== self.name) {
    return join(seen, record, `the record has this host as ${mine.name} at ${mine.peer_url}; `);
  }
  if (probe === undefined) return { do: 'probe' };
  if (probe.started.has(id)) return join(seen, record, `member ${id} has run before, or was removed; `);
  const doubt = unfounded(seen, record, id);
  if (doubt !== undefined)
    return join(seen, record, `Consul's record of cluster ${record.cluster_id} is in doubt, ${doubt}; `);
  if (self.asksDns && !probe.dns.known) return wait(probe.dns.cause);
  return { do: 'new', record, memberId: id };
}

/**
 * Why a record that no operator has signed founds no cluster with this host: anybody may have written it. What this host would have
 * agreed on itself, or has begun with, it believes; else it has to see a quorum of the members, in the catalog and as machines of
 * Consul's, and no other cluster.
 */
function unfounded(
  { self, keys, proven, candidates, probe }: Observed,
  record: ClusterRecord,
  id: string,
): string | undefined {
  const found = keys.known ? allRecords(keys.value) : [];
  if (found.some(({ record: one, entry }) => one.cluster_id === record.cluster_id && proven.has(entry.key)))
    return undefined;
  if (self.untouched && self.memberId === id) return undefined;
  // Of a restore: it starts from a file that only root can have put here.
  if (record.snapshot === undefined && record.size !== self.size)
    return `it is of ${record.size} where the spec says ${self.size}`;
  const [stranger] = probe?.strangers ?? [];
  if (stranger !== undefined) return stranger;
  const peers = candidates.known ? candidates.value : [];
  const other = peers.find(({ meta }) => meta.state === 'member' && meta.cid && meta.cid !== record.cluster_id);
  if (other) return `${other.node} says that it is of cluster ${other.meta.cid}`;
  if (self.agreed === membersOf(record)) return undefined;
  const absent = probe?.absent ?? { known: false, cause: 'nobody was asked' };
  if (!absent.known) return absent.cause;
  const isSeen = ({ incarnation, peer_url, name }: RecordMember) =>
    !absent.value.includes(name) &&
    peers.some(({ meta, peerUrl }) => {
      const isIt = meta.incarnation === incarnation || meta.member === memberId(peer_url, record.token);
      return isIt && peerUrl === peer_url;
    });
  // One that was lost since then may be missing: those that are left have to be a quorum without it.
  const unseen = record.members.filter((one) => !isSeen(one)).map(({ name }) => name);
  return unseen.length * 2 < record.size ? undefined : `this host sees none of its members ${unseen.join(', ')}`;
}

/** Why a listed member cannot be launched from an empty log any more, with `; ` behind it; undefined when it can. */
function launchedBefore({ self, keys }: Observed, record: ClusterRecord, id: string): string | undefined {
  const again = self.untouched && self.memberId === id;
  // An operator's reset has made other members; what was before has promised nothing to this cluster.
  const isBefore = self.record !== undefined && self.record.generation < record.generation;
  if (self.phase !== 'fresh' && !again && !isBefore) return '';
  // Where the mark is, the launch that has left them has promised nothing.
  const isNothing = again || (self.untouched && isBefore);
  if (self.data.state === 'remains' && !isNothing) return `${self.data.what}, and no log of etcd; `;
  const launch = keys.known ? keys.value.launches.get(`${lineageOf(record)}/${id}`)?.launch : undefined;
  const isSpent = launch !== undefined && (launch.log || !again || launch.nonce !== self.nonce);
  const isRemembered = self.place?.memberId === id && !(again && self.place.nonce === self.nonce && !self.place.ran);
  return isSpent || isRemembered
    ? `member ${id} was launched from here before, and this disk has lost its data or is older; `
    : undefined;
}

import { type Keys, sortKeys } from '../sidekick/shared/keys.ts';
import type { Member, Membership } from '../sidekick/shared/ports.ts';
import { addressIn, type Settings } from '../sidekick/shared/settings.ts';
import { saidEmpty } from './account.ts';
import { remedyOf } from './causes.ts';
import type { OperatorEtcd, OperatorPorts, Status } from './host/ports.ts';
import { type Host, sortHosts } from './hosts.ts';
import { type Known, knownOf } from './known.ts';
import { reasonsAgainstLoss } from './loss.ts';
import { OperatorError, type Reason, refusal } from './operator-error.ts';

/** Milliseconds for one answer of one member. */
const PATIENCE = 3000;

/** A member, and what it says of itself. */
export interface MemberView extends Member {
  /** The first of its peer URLs: where it is asked. */
  at: string;
  /** Says that it serves: a voter answers a read that needs a quorum, and nothing is wrong with its data. */
  healthy: boolean;
  /** `healthy`, or why not. */
  health: string;
  /** Index of the last entry of its log; -1 when it does not answer. */
  raftIndex: bigint;
}

type Doubt = Pick<Reason, 'why' | 'remedy'>;

/** All that can be seen of a cluster with its hosts. */
export interface ClusterView {
  clusterId: string;
  /** Sorted by name. */
  members: MemberView[];
  /** ID of the leader by those that answer, 16 hex digits; undefined when there is none. */
  leader: string | undefined;
  /** Why the list may not be the cluster's own, or out of date. */
  doubt: Doubt | undefined;
  /** Peer URL of a member that answers. */
  via: string;
  keys: Keys;
  known: Known;
  hosts: Host[];
  odd: Reason[];
}

type Health = Pick<MemberView, 'healthy' | 'health' | 'raftIndex'> & { leader?: string };

function healthOf({ alarms }: Status, id: string): string {
  const alarm = alarms.find(({ memberId, kind }) => kind !== 'CORRUPT' || memberId === id);
  return alarm === undefined ? 'healthy' : `alarm ${alarm.kind}`;
}

/** Asks one member for its state, and, if it votes, for a read. */
async function ask(etcd: OperatorEtcd, { id, isLearner, name }: Member, at: string): Promise<Health> {
  let raftIndex = -1n;
  try {
    const status = await etcd.status(at, PATIENCE);
    if (status.memberId !== id) {
      return { healthy: false, health: `${addressIn(at)} answers as member ${status.memberId}`, raftIndex };
    }
    raftIndex = status.raftIndex;
    if (!isLearner) await etcd.read(at, PATIENCE);
    const health = healthOf(status, id);
    return { healthy: health === 'healthy', health, raftIndex, ...(status.leader && { leader: status.leader }) };
  } catch (error) {
    return { healthy: false, health: name === '' ? 'has not started' : (error as Error).message, raftIndex };
  }
}

/** Whose members, as text that is the same for the same list. */
const textOf = ({ members }: Membership) =>
  members
    .map(({ id, peerUrls, isLearner }) => `${id} ${peerUrls.join()} ${isLearner}`)
    .sort()
    .join();

type Listed = Membership & { via: string };

interface Answers {
  lists: Listed[];
  causes: string[];
}

/** Asks members one by one, all at once. */
async function gather(urls: readonly string[], list: (url: string) => Promise<Membership>): Promise<Answers> {
  const answers: Answers = { lists: [], causes: [] };
  const asked = urls.map((url) =>
    list(url).then(
      (found) => answers.lists.push({ ...found, via: url }),
      (error: Error) => answers.causes.push(error.message),
    ),
  );
  await Promise.all(asked);
  // By address, not by who was quick.
  answers.lists.sort((a, b) => (a.via < b.via ? -1 : 1));
  return answers;
}

/** Objections to taking the first of these lists for the cluster's own. */
function doubtOf(
  first: Listed,
  { lists, causes }: Answers,
  {
    isLinear,
    isNamed,
    right,
    isPlain,
  }: {
    isLinear: boolean;
    isNamed: boolean;
    right: string | undefined;
    isPlain: boolean;
  },
): Doubt | undefined {
  if (!isLinear) {
    const cause = causes.at(-1) ?? '';
    const remedy = remedyOf(cause) ?? 'Without a quorum nothing changes: start members until there is one.';
    return { why: `no quorum answers (${cause}): the list is what ${first.via} last knew`, remedy };
  }
  if (right !== undefined && first.clusterId !== right) {
    const remedy = 'Find out which is the right one before anything is changed.';
    return { why: `${first.via} answers as cluster ${first.clusterId}, the last that is known is ${right}`, remedy };
  }
  const other = lists.find((one) => one.clusterId !== first.clusterId || textOf(one) !== textOf(first));
  if (other !== undefined && isPlain) {
    const remedy = 'Look again in a moment; if it stays so, find out who answers there.';
    return { why: `${first.via} and ${other.via} give different members`, remedy };
  }
  if (isNamed) return undefined;
  const remedy = 'Members put their record back within a minute; then run the command again.';
  return { why: `nobody but ${first.via} itself says that it is a member: Consul knows of none`, remedy };
}

/**
 * The list of those that are known to be members: by the log, or, where no quorum answers, as any of them last knew it. Under TLS
 * each was verified; in plain all that answer have to agree, for anybody may answer there who can.
 */
async function readMembers(
  settings: Settings,
  etcd: OperatorEtcd,
  { record, list, members }: Known,
  hosts: readonly Host[],
): Promise<{ list: Listed; doubt: Doubt | undefined } | Answers> {
  const named = members.flatMap(({ peerUrls }) => peerUrls);
  const urls = named.length > 0 ? named : hosts.map(({ peerUrl }) => peerUrl);
  const right = record?.cluster_id ?? list?.cluster_id;
  const byLog = await gather(urls, (url) => etcd.list(url, PATIENCE));
  const isLinear = byLog.lists.length > 0;
  const { lists } = isLinear ? byLog : await gather(urls, (url) => etcd.known(url, PATIENCE));
  const own = lists.filter(({ clusterId }) => right === undefined || clusterId === right);
  // Another cluster's etcd at the address of a member that is gone is like nobody there.
  const answers = { lists: own.length > 0 ? own : lists, causes: byLog.causes };
  const [first] = answers.lists;
  if (first === undefined) return answers;
  const isPlain = settings.scheme === 'http';
  return { list: first, doubt: doubtOf(first, answers, { isLinear, isNamed: named.length > 0, right, isPlain }) };
}

/** Why, and what is true of the disks: that data may be given up only where all members are known to be without. */
function nobodyAnswers(
  settings: Settings,
  { causes }: Answers,
  view: Pick<ClusterView, 'keys' | 'known' | 'hosts' | 'odd'>,
): OperatorError {
  const { known, hosts } = view;
  const urls =
    known.members.length > 0 ? known.members.flatMap(({ peerUrls }) => peerUrls) : hosts.map(({ peerUrl }) => peerUrl);
  const cause = causes.at(-1) ?? 'nobody is known';
  const message = `no member of ${settings.cluster} answers (asked: ${urls.map(addressIn).join(', ') || 'none is known'}): ${cause}`;
  const closed = Object.fromEntries(hosts.map(({ address, port }) => [`${address}:${port}`, 'closed' as const]));
  const words = saidEmpty(known, hosts, view.keys, settings);
  const against = reasonsAgainstLoss({ ...view, departed: [], answers: closed, now: 0 }, known, settings, words);
  const isLost = known.members.length > 0 && known.incomplete === undefined && against.length === 0;
  if (isLost) {
    const lost = words.length > 0 ? ` --lost ${words.join(' ')}` : '';
    return new OperatorError(
      message,
      `By the word of its hosts no member has data any more. If their disks say so too: quorumgate reset SPEC${lost} begins empty, quorumgate restore SPEC${lost} from a snapshot.`,
    );
  }
  const disks = against.map(({ about, why }) => `\n  ${about}: ${why}`).join('');
  const remedy = remedyOf(cause) ?? 'Where data is, systemctl status etcd says why it does not run.';
  return new OperatorError(`${message}${disks}`, remedy);
}

/**
 * Looks at Consul, then at each member.
 *
 * @param lineage where Consul has several
 * @throws OperatorError when no member answers; ConsulError when Consul does not
 */
export async function readCluster(
  settings: Settings,
  { consul, etcd, clock }: OperatorPorts,
  lineage: string | undefined,
): Promise<ClusterView> {
  const [{ value }, registrations] = await Promise.all([consul.keys(), consul.registrations()]);
  const keys = sortKeys(settings.cluster, value);
  const { hosts, odd } = sortHosts(settings, registrations);
  const known = knownOf(settings, keys, hosts, lineage, clock.date());
  if ('why' in known) throw refusal(`cannot look at ${settings.cluster}`, [known]);
  const found = await readMembers(settings, etcd, known, hosts);
  if ('causes' in found) throw nobodyAnswers(settings, found, { keys, known, hosts, odd });
  const { list, doubt } = found;
  const answers = await Promise.all(
    list.members.map(async (member) => {
      const at = member.peerUrls[0] ?? '';
      return { ...member, at, ...(await ask(etcd, member, at)) };
    }),
  );
  const leader = answers.find((answer) => answer.leader !== undefined)?.leader;
  const members = answers
    .map(({ leader: _, ...member }): MemberView => member)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { clusterId: list.clusterId, members, leader, doubt, via: list.via, keys, known, hosts, odd };
}

/**
 * Hosts that hold a member, by their own word; of old, when hosts did not say which one they hold, those with data at its peer URL. A
 * host that came to its address later holds another or none.
 */
export function holdersOf(member: Member, hosts: readonly Host[]): Host[] {
  const own = hosts.filter(({ meta }) => meta.member === member.id && meta.state !== 'empty');
  if (own.length > 0) return own;
  return hosts.filter(({ meta, peerUrl }) => {
    return meta.member === undefined && meta.state === 'member' && member.peerUrls.includes(peerUrl);
  });
}

/** The host of a member, if any is registered. */
export function hostOf(member: Member, hosts: readonly Host[]): Host | undefined {
  const found = holdersOf(member, hosts);
  return found.find(({ alive }) => alive) ?? found[0];
}

import { visible } from '../sidekick/host/text.ts';
import { retiredKey } from '../sidekick/shared/keys.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import { remedyOf } from './causes.ts';
import { type ClusterView, hostOf, type MemberView } from './cluster.ts';
import { facts } from './columns.ts';
import { diskOf, disputeOver } from './disks.ts';
import type { Host } from './hosts.ts';
import { findMember, illness, majority, successorOf } from './member.ts';
import type { Planned, Reason } from './operator-error.ts';

/** One member less. */
export interface Retirement {
  member: MemberView;
  /** Of the disk that must not come back; undefined when nobody knows it, which only a dead host's may be. */
  incarnation: string | undefined;
  /** Leads afterwards, when the member leads now. */
  successor: MemberView | undefined;
  /** Peer URL of a member that stays, to be asked. */
  via: string;
  /** How many voters are left, and are to be from now on. */
  size: number;
  /** The rest to do, for the operator to read afterwards. */
  afterwards: string;
  /** The plan, for the operator to read before it is done. */
  lines: string[];
}

const TRY_LATER = 'Wait until it is over (quorumgate member list), then run the command again.';

const survivable = (voters: number) => `they survive the loss of ${voters - majority(voters) || 'none'}`;

/** Objections to the cluster doing without it. */
function reasonsAgainst(view: ClusterView, member: MemberView, cluster: string): Reason[] {
  // Of all members alike, and nothing that one less of them mends.
  const barred = view.members.find(({ health }) => /authentication is on|NOSPACE/.test(health));
  if (barred !== undefined) return [{ about: cluster, why: barred.health, remedy: remedyOf(barred.health) ?? '' }];
  const reasons: Reason[] = [];
  const not = (about: string, why: string, remedy = TRY_LATER) => reasons.push({ about, why, remedy });
  if (view.doubt !== undefined) not(cluster, view.doubt.why, view.doubt.remedy);
  else if (view.leader === undefined) not(cluster, 'it has no leader');
  const others = view.members.filter((other) => other !== member);
  const joining = others.find(({ isLearner }) => isLearner);
  if (joining !== undefined) not(joining.name || joining.id, 'it is joining: one change at a time');
  if (member.isLearner) return reasons;
  const voters = view.members.filter(({ isLearner }) => !isLearner);
  const ill = others.filter((other) => !other.isLearner && !other.healthy);
  // A dead one goes first; of two dead ones one has to.
  if (member.healthy) reasons.push(...ill.map(illness));
  const left = voters.length - 1 - ill.length;
  // Of two, both have to agree, and the one that is left is a quorum by itself.
  const needed = voters.length === 2 && member.healthy ? 1 : majority(voters.length);
  if (left < needed) {
    const why = `without ${member.name || member.id} ${left} healthy voters are left, and ${voters.length} need ${needed}`;
    not(cluster, why, 'Bring other members up first: boot a new host, or repair one.');
  }
  return reasons;
}

/** A host that takes the place at once, by the size that it was booted with. */
function waitingHost({ hosts, members, keys }: ClusterView, left: number): Host | undefined {
  const waits = ({ alive, peerUrl, meta }: Host) =>
    alive && !members.some(({ peerUrls }) => peerUrls.includes(peerUrl)) && !keys.retired.has(meta.incarnation ?? '');
  return hosts.find((host) => waits(host) && Number(host.meta.size) > left);
}

/** Objections to marking its disk. */
function reasonsOverDisk(view: ClusterView, member: MemberView, canGo: boolean, about: string): Reason[] {
  const dispute = disputeOver(member, view);
  if (dispute !== undefined) return [dispute];
  if (canGo) return [];
  const why =
    'no host in Consul says that it holds this member, so its disk cannot be marked as retired, and it would join again';
  return [{ about, why, remedy: 'Restart etcd-register-server.service on it.' }];
}

/**
 * Takes a member out for good: its leadership handed on, its disk marked, then removed. Pure.
 *
 * @param wanted name or ID of the member
 */
export function planRetire(view: ClusterView, settings: Settings, wanted: string): Planned<Retirement> {
  const member = findMember(view, wanted);
  if ('why' in member) return { refused: [member] };
  const refused = reasonsAgainst(view, member, settings.cluster);
  const host = hostOf(member, view.hosts);
  const disk = diskOf(member, view);
  const isGone = !host?.alive && member.raftIndex < 0n;
  refused.push(...reasonsOverDisk(view, member, disk !== undefined || isGone, visible(wanted)));
  const successor = successorOf(view, member);
  if (refused.length > 0 || successor === undefined) return { refused };
  const name = member.name || visible(wanted);
  const left = view.members.filter((other) => other !== member);
  const size = left.filter(({ isLearner }) => !isLearner).length;
  const leads = member.id === view.leader;
  const plan = { member, incarnation: disk, successor: leads ? successor : undefined, via: successor.at, size };
  const afterwards = isGone ? `should ${name} come back, end it or wipe its disk` : `the host of ${name} may be ended`;
  const next = waitingHost(view, left.length)?.node ?? (left.length < settings.size && 'the next new host');
  const [url = ''] = member.peerUrls;
  const there = host === undefined ? 'not registered' : host.alive ? 'alive' : 'not alive';
  const lines = facts([
    ['cluster', `${view.clusterId}, ${view.members.length} members`],
    ['member', `${name} ${member.id} ${url}${member.isLearner ? ', a learner' : ''}`],
    ['its host', isGone ? `${there}, and does not answer: it is taken for dead` : `${there}, ${member.health}`],
    ...(leads ? [['leads', `it does; ${successor.name} leads from then on`] as const] : []),
    [
      'writes',
      disk === undefined
        ? 'no mark: nobody knows its disk, which will join as a new member if it comes back'
        : `Consul's key ${retiredKey(settings.cluster, disk)}: its gate lets etcd start no more`,
    ],
    ['removes', `member ${member.id}, for good; its data stays on its disk`],
    ['left', `${left.map((one) => one.name || one.id).join(', ')}; ${survivable(left.length)}`],
    ...(next ? [['then', `${next} joins in its place`] as const] : []),
    ['beside it', ...notes(view)],
  ]);
  return { plan: { ...plan, afterwards, lines: [`retires ${name} from ${settings.cluster}:`, ...lines] } };
}

/** Entries in Consul that should not be there, and keep nobody from anything. */
export const notes = ({ known, odd }: Pick<ClusterView, 'known' | 'odd'>): string[] => [
  ...known.notes,
  ...odd.map(({ about, why }) => `${about}: ${why}`),
];

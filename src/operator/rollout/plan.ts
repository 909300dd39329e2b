import { columns } from '../../format/columns.ts';
import { addressIn, type Settings } from '../../sidekick/shared/settings.ts';
import { remedyOf } from '../causes.ts';
import type { ClusterView, MemberView } from '../cluster.ts';

import { findMember, illness, majority } from '../member.ts';
import type { Planned, Reason } from '../operator-error.ts';

/** One member after the other. */
export interface Rollout {
  /** In the order of their turns: who is ill, then who follows, then who leads. */
  turns: MemberView[];
  /** The plan, for the operator to read before it is done. */
  lines: string[];
}

/** Objections to doing anything to a member now: any other that is not as it should be. Pure. */
export function reasonsToWait(view: ClusterView, { cluster }: Settings, turn: MemberView | undefined): Reason[] {
  const reasons: Reason[] = [];
  const later = 'Wait until it is over: quorumgate member list.';
  if (view.doubt !== undefined) reasons.push({ about: cluster, ...view.doubt });
  else if (view.leader === undefined) reasons.push({ about: cluster, why: 'it has no leader', remedy: later });
  const others = view.members.filter(({ id }) => id !== turn?.id);
  const joining = view.members.find(({ isLearner }) => isLearner);
  if (joining !== undefined) {
    reasons.push({ about: joining.name || joining.id, why: 'it is joining: one change at a time', remedy: later });
  }
  reasons.push(...others.filter(({ healthy, isLearner }) => !healthy && !isLearner).map(illness));
  return reasons;
}

/** Objections to the whole: more than one that is ill, or one whose turn it is not to be. */
function reasonsAgainst(view: ClusterView, settings: Settings, turns: readonly MemberView[]): Reason[] {
  // Of all members alike.
  const barred = view.members.find(({ health }) => /authentication is on|NOSPACE/.test(health));
  if (barred !== undefined) {
    return [{ about: settings.cluster, why: barred.health, remedy: remedyOf(barred.health) ?? '' }];
  }
  // One that is ill may be the one to be mended, and has its turn first.
  return reasonsToWait(
    view,
    settings,
    turns.find(({ healthy }) => !healthy),
  );
}

/** A line of how much more the cluster bears while one of so many is away. */
function cost(voters: number): string {
  if (voters === 1) return 'it is the only member: while its etcd is away nothing is served';
  const spare = voters - 1 - majority(voters);
  if (spare < 0) return 'both members are needed: while one is away nothing is written';
  return spare === 0
    ? 'while one is away, the loss of another stops the cluster'
    : `while one is away, the loss of ${spare} more is survived`;
}

/**
 * The order in which something is done on hosts. Pure.
 *
 * @param wanted names or IDs of members; none: all
 */
export function planRollout(view: ClusterView, settings: Settings, wanted: readonly string[]): Planned<Rollout> {
  const found = wanted.length > 0 ? wanted.map((name) => findMember(view, name)) : view.members;
  const unknown = found.filter((one) => 'why' in one);
  if (unknown.length > 0) return { refused: unknown };
  const rank = (member: MemberView) => (member.healthy ? (member.id === view.leader ? 2 : 1) : 0);
  const turns = [...new Set(found.filter((one) => 'id' in one))].sort((a, b) => rank(a) - rank(b));
  const refused = reasonsAgainst(view, settings, turns);
  if (refused.length > 0) return { refused };
  const voters = view.members.filter(({ isLearner }) => !isLearner).length;
  const rows = turns.map((member, index) => [
    `${index + 1}.`,
    member.name || member.id,
    addressIn(member.at),
    member.id !== view.leader ? member.health : voters > 1 ? 'leads: hands its leadership on first' : 'leads',
  ]);
  return {
    plan: {
      turns,
      lines: [
        `does it on ${turns.length} of ${view.members.length} hosts of ${settings.cluster}, each when all others are healthy:`,
        ...columns(rows).map((line) => `  ${line}`),
        cost(voters),
      ],
    },
  };
}

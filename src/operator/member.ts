import { visible } from '../sidekick/host/text.ts';
import { nearest } from '../spec/suggest.ts';
import { remedyOf } from './causes.ts';
import { type ClusterView, hostOf, type MemberView } from './cluster.ts';
import type { OperatorPorts } from './host/ports.ts';
import { OperatorError, type Reason } from './operator-error.ts';
import { quoted } from './shell.ts';

/** Milliseconds: how long an election may take. */
const PATIENCE = 20_000;

/** More than half. */
export const majority = (voters: number) => Math.floor(voters / 2) + 1;

/** By name, by ID, or by the name of the host at its address: who has not started has no name. */
export function findMember(view: ClusterView, wanted: string): MemberView | Reason {
  const isMeant = (member: MemberView) =>
    [member.name, member.id, hostOf(member, view.hosts)?.node].includes(wanted) && wanted !== '';
  const found = view.members.filter(isMeant);
  if (found.length === 1 && found[0]) return found[0];
  const about = visible(wanted);
  if (found.length > 1) {
    const remedy = `Name it by its ID: ${found.map(({ id }) => id).join(' or ')}.`;
    return { about, why: 'more than one member is called so', remedy };
  }
  const host = view.hosts.find(({ node }) => node === wanted);
  if (host !== undefined && view.keys.retired.has(host.meta.incarnation ?? '')) {
    return { about, why: 'it is retired already, and no member', remedy: 'Its host may be ended.' };
  }
  const names = view.members.map(({ name, id }) => name || id);
  const meant = nearest(wanted, names);
  const remedy = `${meant ? `Did you mean ${meant}? ` : ''}The members are ${names.join(', ')}.`;
  return { about, why: 'no member is called so', remedy };
}

/** The trouble of a member that others have to do without, and its remedy. */
export function illness({ name, id, health }: MemberView): Reason {
  const about = name || id;
  const remedy = remedyOf(health) ?? `Repair it, or retire it first: quorumgate member retire SPEC ${quoted(about)}`;
  return { about, why: `it is not healthy (${health})`, remedy };
}

/** The healthy voter that leads best in the place of a member: who has most of the log. */
export function successorOf(view: ClusterView, member: MemberView): MemberView | undefined {
  const healthy = view.members.filter((other) => other.id !== member.id && other.healthy && !other.isLearner);
  return [...healthy].sort((a, b) => Number(b.raftIndex - a.raftIndex))[0];
}

/** Moves the leadership while the member can still help with it: writers wait for a moment, not for an election. */
export async function handOn(
  { etcd, clock }: Pick<OperatorPorts, 'etcd' | 'clock'>,
  member: MemberView,
  successor: MemberView,
  say: (line: string) => void,
): Promise<void> {
  await etcd.handOn(member.at, successor.id, PATIENCE).catch((error: Error) => {
    throw new OperatorError(
      `${member.name} did not hand its leadership on: ${error.message}; nothing was done to it`,
      'Run the command again.',
    );
  });
  for (const end = clock.now() + PATIENCE; clock.now() < end; await clock.sleep(100)) {
    // The member that it was asked through may be away for a moment itself.
    const leader = await etcd.status(successor.at, PATIENCE).then(
      (status) => status.leader,
      () => undefined,
    );
    if (leader === undefined || leader === member.id) continue;
    say(`${successor.name} leads now`);
    return;
  }
  throw new OperatorError(`${member.name} still leads; nothing was done to it`, 'Run the command again.');
}

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, releaseLock } from '../sidekick/shared/consul.ts';
import { call, readMembership, removeMember, toHex } from '../sidekick/shared/etcd.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import { markRetired, unmarkRetired, withConsul } from './catalog.ts';
import { readCluster } from './cluster.ts';
import type { Dialogue } from './confirm.ts';
import { OperatorError, refusal } from './operator-error.ts';
import { planRetire, type Retirement } from './retire.ts';

/** Milliseconds: how long a joining host may keep the lock, an election may take, and a removal be refused. */
const PATIENCE = 20_000;

async function planNow(settings: Settings, name: string): Promise<Retirement> {
  const planned = planRetire(await readCluster(settings), settings, name);
  if ('refused' in planned) throw refusal(`cannot retire ${name}`, planned.refused);
  return planned.plan;
}

/** Says what retiring a member would do, asks, looks again under the lock of the membership, and does it. */
export function retire(
  settings: Settings,
  name: string,
  { say, confirm }: Dialogue,
  patience = PATIENCE,
): Promise<void> {
  return withConsul(async () => {
    const first = await planNow(settings, name);
    for (const line of first.lines) say(line);
    await confirm(settings.cluster);
    const session = await lock(settings.cluster);
    try {
      const plan = await planNow(settings, first.member.id);
      if (plan.successor !== undefined) await handOn(settings, plan, say);
      await takeOut(settings, plan, say, patience);
    } finally {
      await releaseLock(session);
    }
  });
}

/** Keeps hosts from joining meanwhile. */
async function lock(cluster: string): Promise<string> {
  const owner = `operator-${randomUUID()}`;
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(200)) {
    const session = await acquireLock(cluster, owner);
    if (session !== undefined) return session;
  }
  throw new OperatorError(
    `cannot retire a member: another host is changing the members for ${PATIENCE / 1000} s; nothing was changed`,
    'See who joins: quorumgate member list. Then run the command again.',
  );
}

/** Moves the leadership while the member can still help with it: writers wait for a moment, not for an election. */
async function handOn(settings: Settings, { member, successor, via }: Retirement, say: (line: string) => void) {
  const targetID = BigInt(`0x${successor?.id}`).toString();
  await call(settings, member.address, 'maintenance/transfer-leadership', { targetID }, PATIENCE).catch(
    (error: Error) => {
      throw new OperatorError(
        `${member.name} did not hand its leadership on: ${error.message}; nothing was removed`,
        'Run the command again.',
      );
    },
  );
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(100)) {
    // What it was asked through may be away for a moment itself.
    const status = call<{ leader?: string }>(settings, via, 'maintenance/status', {}, PATIENCE);
    const { leader = '0' } = await status.catch((): { leader?: string } => ({}));
    if (BigInt(leader) === 0n || toHex(leader) === member.id) continue;
    say(`${successor?.name} leads now`);
    return;
  }
  throw new OperatorError(`${member.name} still leads; nothing was removed`, 'Run the command again.');
}

/** Whether the cluster still lists a member; undefined when no quorum says. */
function isListed(settings: Settings, { via, member }: Retirement): Promise<boolean | undefined> {
  const list = readMembership(settings, [via], PATIENCE);
  return list.then(
    ({ members }) => members.some(({ id }) => id === member.id),
    () => undefined,
  );
}

/** The mark first: between removal and mark the host would join again. */
async function takeOut(settings: Settings, plan: Retirement, say: (line: string) => void, patience: number) {
  const { member, incarnation, via } = plan;
  const name = member.name || member.id;
  if (incarnation !== undefined) await markRetired(settings.cluster, incarnation, name);
  let cause = '';
  // A change of members is refused for some seconds after the last one, or after an election.
  for (const end = Date.now() + patience; Date.now() < end; await sleep(500)) {
    const refused = await removeMember(settings, via, member.id).then(
      () => '',
      (error: Error) => error.message,
    );
    cause = refused || cause;
    if ((await isListed(settings, plan)) === false) {
      say(`removed: ${name} (${member.id}) is a member no more`);
      const list = await readMembership(settings, [via], PATIENCE).catch(() => undefined);
      const names = list?.members.map((one) => one.name || one.id).sort();
      say(names === undefined ? 'the members do not answer at this moment' : `the members are ${names.join(', ')}`);
      say(plan.afterwards);
      return;
    }
  }
  if ((await isListed(settings, plan)) === undefined) {
    throw new OperatorError(
      `nobody knows whether ${name} was removed: no quorum answers (${cause})`,
      'Its disk is marked as retired. When the cluster answers again, run the command again.',
    );
  }
  if (incarnation !== undefined) await unmarkRetired(settings.cluster, incarnation);
  throw new OperatorError(
    `the cluster does not remove ${name}: ${cause}; the mark on its disk was taken back`,
    'See quorumgate member list, then run the command again.',
  );
}

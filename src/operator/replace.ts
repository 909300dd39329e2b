import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../sidekick/shared/settings.ts';
import { replaceRecord, withConsul } from './catalog.ts';
import type { Dialogue } from './confirm.ts';
import { look, type Situation } from './loss.ts';
import { OperatorError, type Planned, refusal } from './operator-error.ts';
import type { Replacement } from './reset.ts';

/** A host that was just about to start etcd when it was looked at has started it by the second look. Milliseconds. */
const SETTLING = 3000;

/**
 * Looks, says what a plan would do, asks, looks again, and does it.
 *
 * @param what the command, as in `cannot WHAT`
 * @throws OperatorError with every reason when the plan is refused; nothing is changed then
 */
export function replace(
  what: string,
  settings: Settings,
  planFor: (seen: Situation) => Planned<Replacement>,
  { say, confirm }: Dialogue,
): Promise<void> {
  return withConsul(async () => {
    const first = accept(what, planFor(await look(settings)));
    const settled = sleep(SETTLING);
    for (const line of first.lines) say(line);
    await confirm(settings.cluster);
    await settled;
    const plan = accept(what, planFor(await look(settings)));
    if (plan.lines.join() !== first.lines.join()) {
      throw new OperatorError(
        `cannot ${what}: something has changed since the plan was shown; nothing was changed by this command`,
        'Run the command again: it reads everything anew.',
      );
    }
    await replaceRecord(settings.cluster, plan.record, plan.modified);
    say(`done: the record is of cluster ${plan.record.cluster_id} now`);
    for (const line of plan.afterwards) say(line);
  });
}

function accept<T>(what: string, planned: Planned<T>): T {
  if ('refused' in planned) throw refusal(`cannot ${what}`, planned.refused);
  return planned.plan;
}

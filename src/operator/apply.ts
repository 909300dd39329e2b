import { allRecords } from '../sidekick/shared/keys.ts';
import type { ClusterRecord } from '../sidekick/shared/record.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import { isProven } from './known.ts';
import type { Situation } from './loss.ts';
import { OperatorError, type Planned } from './operator-error.ts';
import type { PlanFile } from './plan-file.ts';
import type { Plan } from './replace.ts';
import { type Choice, planReset, type Replacement } from './reset.ts';
import { planRestore } from './restore.ts';

/** A plan as a file that can be signed elsewhere. Pure. */
export function toPlanFile(
  { cluster, operatorKeys }: Settings,
  { command, record, replaces, lines }: Replacement,
  { lost, lineage, seed, snapshot }: Pick<Choice, 'lost' | 'lineage'> & Pick<PlanFile, 'seed' | 'snapshot'>,
): PlanFile {
  return {
    quorumgate: 'plan 1',
    command,
    cluster,
    operatorKeys,
    lost: [...lost],
    ...(lineage !== undefined && { lineage }),
    ...(seed !== undefined && { seed }),
    ...(snapshot !== undefined && { snapshot }),
    replaces,
    lines,
    record,
  };
}

/**
 * That a plan is of this cluster and command, and that one of the spec's keys has signed it.
 *
 * @throws OperatorError, before anything is looked at
 */
export function assertSigned(settings: Settings, plan: PlanFile, command: PlanFile['command'], file: string): void {
  const { cluster, record } = plan;
  if (plan.command !== command) {
    throw new OperatorError(`${file} is the plan of a ${plan.command}`, `Apply it with quorumgate ${plan.command}.`);
  }
  if (cluster !== settings.cluster) {
    throw new OperatorError(`${file} is a plan for ${cluster}, the spec is of ${settings.cluster}`, 'Give its spec.');
  }
  if (record.proof === undefined) {
    throw new OperatorError(`${file} is not signed`, 'Sign it: quorumgate sign PLAN --key FILE --out FILE.');
  }
  if (isProven(settings, record)) return;
  throw new OperatorError(
    `none of the spec's keys has signed what stands in ${file}`,
    'Make the plan anew, and sign it with a key of cluster.operatorKeys.',
  );
}

const bare = ({ proof: _, ...record }: ClusterRecord) => JSON.stringify(record);

/** Why what would be planned now is not what was signed. */
function staleness(plan: PlanFile, now: Replacement): string | undefined {
  for (const { key, modified } of now.replaces) {
    const before = plan.replaces.find((one) => one.key === key)?.modified;
    if (before !== modified) return `${key} was the version ${before ?? 'of no plan'}, and is ${modified} now`;
  }
  const isSame = bare(now.record) === bare(plan.record) && now.replaces.length === plan.replaces.length;
  return isSame ? undefined : 'what would be planned now is another record';
}

const isApplied = ({ record: { token } }: PlanFile, { keys }: Situation): boolean =>
  allRecords(keys).some(({ record }) => record.token === token);

/** Plans the same once more, with what is there now; refused when it comes to anything else. Pure. */
export function planAgain(settings: Settings, plan: PlanFile): Plan {
  const { lost, lineage, seed, snapshot, record } = plan;
  const choice = { lost, lineage, token: record.token, now: record.generation };
  const refuse = (why: string, remedy: string) => ({ refused: [{ about: plan.cluster, why, remedy }] });
  return (seen): Planned<Replacement> => {
    if (isApplied(plan, seen)) return refuse('the plan has been applied already', 'See quorumgate member list.');
    const planned =
      snapshot === undefined
        ? planReset(seen, settings, choice)
        : planRestore(seen, settings, { ...choice, seed, snapshot });
    if ('refused' in planned) return planned;
    const stale = staleness(plan, planned.plan);
    return stale === undefined ? planned : refuse(`the plan is stale: ${stale}`, 'Make the plan anew: --plan FILE.');
  };
}

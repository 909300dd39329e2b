import type { OperatorKey } from '../io/operator-key.ts';
import { visible } from '../sidekick/host/text.ts';
import { lineageOf } from '../sidekick/shared/record.ts';
import { facts } from './columns.ts';
import { OperatorError } from './operator-error.ts';
import type { PlanFile } from './plan-file.ts';
import { signed } from './replace.ts';

/** That a key is one of those by which hosts believe. Before anything else is done with it. */
export function assertKnownKey({ publicHalf }: OperatorKey, operatorKeys: readonly string[], file: string): void {
  if (operatorKeys.includes(publicHalf)) return;
  const known = operatorKeys.length > 0 ? `cluster.operatorKeys has ${operatorKeys.join(' and ')}` : 'it names none';
  throw new OperatorError(
    `${file} is not a key of the spec: its public half is ${publicHalf}, ${known}`,
    'Give the key that the hosts were booted with; another one none of them believes.',
  );
}

/** The lines that a signature would stand for, by the record itself; then what the plan says of itself. Pure. */
export function signing({ command, cluster, record, replaces, lost, lines }: PlanFile): string[] {
  const rows = facts([
    ['cluster', cluster],
    ['lineage', lineageOf(record)],
    ['generation', `${record.generation}: every disk of an earlier one is refused at its gate, its data unreachable`],
    ['new cluster', record.cluster_id],
    [
      'members',
      ...record.members.map(({ name, peer_url, incarnation }) => `${name} ${peer_url} (disk ${incarnation})`),
    ],
    ['begins', record.snapshot === undefined ? 'empty' : `from the snapshot with SHA-256 ${record.snapshot}`],
    ['by your word', ...lost.map((name) => `${visible(name)}: its disk is destroyed, or holds no data`)],
    ['writes', ...replaces.map(({ key, modified }) => `${visible(key)}, version ${modified}`)],
  ]);
  return [
    `signs a ${command} of ${cluster}:`,
    ...rows,
    'the plan says of itself:',
    ...lines.map((line) => visible(line)),
  ];
}

/** The plan with its proof. */
export function signPlan(plan: PlanFile, key: OperatorKey, keyFile: string): PlanFile {
  assertKnownKey(key, plan.operatorKeys, keyFile);
  if (plan.record.proof !== undefined) {
    throw new OperatorError('the plan is signed already', `Apply it: quorumgate ${plan.command} SPEC --apply FILE.`);
  }
  return { ...plan, record: signed(plan, plan.record, key) };
}

import type { OperatorKey } from '../io/operator-key.ts';
import { allRecords, sortKeys } from '../sidekick/shared/keys.ts';
import { signedText } from '../sidekick/shared/proof.ts';
import type { ClusterRecord } from '../sidekick/shared/record.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import type { Dialogue } from './confirm.ts';
import type { OperatorConsul, OperatorPorts } from './host/ports.ts';
import { look, type Situation } from './loss.ts';
import { OperatorError, type Planned, type Reason, refusal } from './operator-error.ts';
import { isWritten, type Replacement } from './reset.ts';
import { withConsul } from './with-consul.ts';

/** A host that was just about to start etcd when it was looked at has started it by the second look. Milliseconds. */
const SETTLING = 3000;

export type Plan = (seen: Situation) => Planned<Replacement>;

/** Signs what has no proof yet. */
export function signed(settings: Pick<Settings, 'cluster'>, record: ClusterRecord, key: OperatorKey): ClusterRecord {
  return { ...record, proof: key.sign(signedText(settings.cluster, record)) };
}

/**
 * Looks, and makes the plan.
 *
 * @param what the command, as in `cannot WHAT`
 * @throws OperatorError with every reason when it is refused
 */
export async function planNow(
  what: string,
  settings: Settings,
  ports: OperatorPorts,
  planFor: Plan,
): Promise<Replacement> {
  const planned = planFor(await look(settings, ports));
  if ('refused' in planned) throw refusal(`cannot ${what}`, planned.refused);
  return planned.plan;
}

/** The way that is left without a key: where nothing speaks against it but that. */
export function withoutKey(settings: Settings, { command }: Replacement): Reason {
  const { cluster, operatorKeys } = settings;
  const about = cluster;
  const why =
    operatorKeys.length > 0
      ? "hosts believe it only by an operator's signature, and no key was given"
      : "hosts believe it only by an operator's signature, and the spec names no key (cluster.operatorKeys)";
  const after =
    command === 'restore'
      ? 'then boot one host alone with a spec that names a key of yours, run this command with that key, and boot the others when it runs'
      : 'then boot them anew with empty disks';
  const remedy = [
    ...(operatorKeys.length > 0 ? ['Give the key: --key FILE, or --plan FILE to sign it elsewhere.'] : []),
    `${operatorKeys.length > 0 ? 'Is the key lost, one' : 'One'} way is left: end all hosts of ${cluster} for good, delete what Consul has of it (consul kv delete -recurse etcd3/${cluster}/), ${after}.`,
  ].join(' ');
  return { about, why, remedy };
}

/**
 * Writes a signed record to each of its keys in the version that was looked at, first to the one that counts.
 *
 * @throws OperatorError when that one was changed meanwhile
 */
export async function write(
  settings: Settings,
  consul: Pick<OperatorConsul, 'keys' | 'put'>,
  { replaces }: Pick<Replacement, 'replaces'>,
  record: ClusterRecord,
): Promise<string[]> {
  const notes: string[] = [];
  for (const [index, { key, modified }] of replaces.entries()) {
    const sent = await consul.put(key, JSON.stringify(record), modified).then(
      () => undefined,
      (error: unknown) => error,
    );
    // An answer may be lost, and what was asked be done all the same: only reading tells.
    const keys = sortKeys(settings.cluster, (await consul.keys()).value);
    const there = allRecords(keys);
    if (isWritten(settings, there.find(({ entry }) => entry.key === key)?.record, record)) continue;
    if (index === 0 && sent !== undefined) throw sent;
    if (index === 0) {
      throw new OperatorError(
        `${key} was changed by another at this moment; nothing was changed by this command`,
        'Run the command again: it reads everything anew.',
      );
    }
    notes.push(
      `${key} was changed by another at this moment, and is left as it is: ${replaces[0]?.key} is what counts`,
    );
  }
  return notes;
}

/**
 * Looks, says what a plan would do, asks, looks again, and does it.
 *
 * @param sign gives the record with its proof
 * @throws OperatorError with every reason when the plan is refused; nothing is changed then
 */
export function replace(
  what: string,
  settings: Settings,
  ports: OperatorPorts,
  planFor: Plan,
  sign: (record: ClusterRecord) => ClusterRecord,
  { say, confirm }: Dialogue,
): Promise<void> {
  return withConsul(async () => {
    const first = await planNow(what, settings, ports, planFor);
    const settled = ports.clock.sleep(SETTLING);
    for (const line of first.lines) say(line);
    await confirm(settings.cluster);
    await settled;
    const plan = await planNow(what, settings, ports, planFor);
    if (plan.lines.join() !== first.lines.join()) {
      throw new OperatorError(
        `cannot ${what}: something has changed since the plan was shown; nothing was changed by this command`,
        'Run the command again: it reads everything anew.',
      );
    }
    const notes = await write(settings, ports.consul, plan, sign(plan.record));
    say(`done: the record is of cluster ${plan.record.cluster_id} now`);
    for (const line of [...notes, ...plan.afterwards]) say(line);
  });
}

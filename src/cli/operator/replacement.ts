import { type Command, Option } from 'commander';
import { readOperatorKey } from '../../io/operator-key.ts';
import { assertSigned, planAgain, toPlanFile } from '../../operator/apply.ts';
import type { OperatorPorts } from '../../operator/host/ports.ts';
import { operatorPorts } from '../../operator/host/real-ports.ts';
import { OperatorError, refusal } from '../../operator/operator-error.ts';
import { type PlanFile, readPlan, writePlan } from '../../operator/plan-file.ts';
import { type Plan, planNow, replace, signed, withoutKey } from '../../operator/replace.ts';
import { type Choice, planReset } from '../../operator/reset.ts';
import { planRestore } from '../../operator/restore.ts';
import { settingsOf } from '../../operator/settings.ts';
import { assertKnownKey } from '../../operator/sign.ts';
import { readSnapshot } from '../../operator/snapshot.ts';
import { withConsul } from '../../operator/with-consul.ts';
import type { Spec } from '../../spec/defaults.ts';
import { dialogue } from '../dialogue.ts';
import { say } from '../report.ts';
import { withSpec, withSpecArgument } from '../with-spec.ts';
import { REACH } from './reach.ts';

interface Flags {
  lost?: string[];
  lineage?: string;
  key?: string;
  plan?: string;
  apply?: string;
  yes?: boolean;
  snapshot?: string;
  seed?: string;
}

/** A command's own part of a plan. */
type Making = (settings: ReturnType<typeof settingsOf>, choice: Choice) => { planFor: Plan; rest: Rest };
type Rest = Pick<PlanFile, 'seed' | 'snapshot'>;

/** Adds `reset` and `restore`: what gives up data, and so wants an operator's signature. */
export function addReplacementCommands(program: Command): void {
  const reset = withReplacement(program.command('reset'))
    .description('after the loss of all data: let the hosts form a new, empty cluster')
    .action((file: string, flags: Flags) =>
      withSpec(file, (spec) =>
        run(reset, 'reset', spec, flags, (settings, choice) => ({
          planFor: (seen) => planReset(seen, settings, choice),
          rest: {},
        })),
      ),
    );
  const restore = withReplacement(program.command('restore'))
    .description('after the loss of all data: start one host from a snapshot of etcd, and let the others join it')
    .addOption(
      new Option(
        '--snapshot <file>',
        'file that `etcdctl snapshot save` has written; required unless there is --apply',
      ).conflicts('apply'),
    )
    .addOption(
      new Option(
        '--seed <name>',
        'host that starts from it (default: the first by name, of those where etcd never ran if there are any)',
      ).conflicts('apply'),
    )
    .action((file: string, flags: Flags) => {
      const { snapshot: from, seed, apply } = flags;
      if (from === undefined && apply === undefined) {
        restore.error("error: required option '--snapshot <file>' not specified");
      }
      return withSpec(file, async (spec) => {
        const snapshot = from === undefined ? undefined : await readSnapshot(from);
        await run(restore, 'restore', spec, flags, (settings, choice) => ({
          planFor: (seen) => {
            if (snapshot === undefined) throw new Error('a plan without a snapshot');
            return planRestore(seen, settings, { ...choice, snapshot, seed });
          },
          rest: { ...(seed !== undefined && { seed }), ...(snapshot !== undefined && { snapshot }) },
        }));
      });
    });
}

function withReplacement(command: Command): Command {
  return withSpecArgument(command)
    .addOption(
      new Option('--key <file>', "operator's key to sign with, one of cluster.operatorKeys").conflicts([
        'plan',
        'apply',
      ]),
    )
    .addOption(
      new Option('--plan <file>', 'change nothing: write a plan, to be signed elsewhere (`quorumgate sign`)').conflicts(
        'apply',
      ),
    )
    .option('--apply <file>', 'do what a signed plan says, if nothing has changed since')
    .addOption(
      new Option(
        '--lost <name...>',
        'members and hosts whose disks are destroyed or hold no data: your word, which nothing can check',
      ).conflicts('apply'),
    )
    .addOption(new Option('--lineage <id>', 'which cluster of this name, where Consul has several').conflicts('apply'))
    .option('--yes', 'do not ask')
    .addHelpText('after', REACH);
}

async function run(command: Command, name: PlanFile['command'], spec: Spec, flags: Flags, make: Making): Promise<void> {
  const settings = settingsOf(spec);
  const ports = operatorPorts(settings);
  const what = `${name} ${settings.cluster}`;
  const speak = dialogue(command, flags.yes);
  if (flags.apply !== undefined) {
    const plan = await readPlan(flags.apply);
    assertSigned(settings, plan, name, flags.apply);
    const { proof = '' } = plan.record;
    return replace(what, settings, ports, planAgain(settings, plan), (record) => ({ ...record, proof }), speak);
  }
  const choice = choiceOf(flags, ports);
  const { planFor, rest } = make(settings, choice);
  if (flags.key !== undefined) {
    const key = await readOperatorKey(flags.key);
    assertKnownKey(key, settings.operatorKeys, flags.key);
    return replace(what, settings, ports, planFor, (record) => signed(settings, record, key), speak);
  }
  const plan = await withConsul(() => planNow(what, settings, ports, planFor));
  for (const line of plan.lines) say(line);
  const { plan: out } = flags;
  if (out === undefined) throw refusal(`cannot ${what}`, [withoutKey(settings, plan)]);
  if (settings.operatorKeys.length === 0) {
    throw new OperatorError(
      'the spec names no key that could sign a plan (cluster.operatorKeys)',
      withoutKey(settings, plan).remedy,
    );
  }
  await writePlan(out, toPlanFile(settings, plan, { ...choice, ...rest }));
  say(`nothing was changed. Sign the plan: quorumgate sign ${out} --key FILE --out FILE`);
}

function choiceOf({ lost = [], lineage }: Flags, { random, clock }: OperatorPorts): Choice {
  return { lost, lineage, token: random(), now: clock.date() };
}

import type { Command } from 'commander';
import { generateOperatorKey, type OperatorKey, readOperatorKey } from '../../io/operator-key.ts';
import { readPlan, writePlan } from '../../operator/plan-file.ts';
import { signing, signPlan } from '../../operator/sign.ts';
import { dialogue } from '../dialogue.ts';
import { say } from '../report.ts';

/** Adds `key` and `sign`: they work on files alone, away from any host. */
export function addKeyCommands(program: Command): void {
  const key = program.command('key').description("make an operator's key, or show its public half");
  key
    .command('generate')
    .description('make an Ed25519 key; whoever has it can have all data of a cluster given up')
    .requiredOption('--out <file>', 'file to write; an existing file is never overwritten')
    .action(async ({ out }: { out: string }) => show(await generateOperatorKey(out)));
  key
    .command('public')
    .description('show the public half of a key, as the spec has it')
    .argument('<file>', 'file that `key generate` has written')
    .action(async (file: string) => show(await readOperatorKey(file)));
  addSign(program);
}

function show({ publicHalf }: OperatorKey): void {
  say(publicHalf);
  say(`cluster: {operatorKeys: [${publicHalf}]}`);
}

function addSign(program: Command): void {
  const command = program
    .command('sign')
    .description('sign the plan of a reset or a restore')
    .argument('<plan>', 'file that --plan has written')
    .requiredOption('--key <file>', "operator's key to sign with")
    .requiredOption('--out <file>', 'file to write the signed plan to; an existing file is never overwritten')
    .option('--yes', 'do not ask')
    .action(async (file: string, { key, out, yes }: { key: string; out: string; yes?: boolean }) => {
      const plan = await readPlan(file);
      const signed = signPlan(plan, await readOperatorKey(key), key);
      for (const line of signing(plan)) say(line);
      await dialogue(command, yes).confirm(plan.cluster);
      await writePlan(out, signed);
      say(
        `signed: ${out}. Apply it: quorumgate ${plan.command} SPEC --apply ${out}; if you change your mind, delete it`,
      );
    });
}

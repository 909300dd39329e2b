import type { Command } from 'commander';
import { compile } from '../compile.ts';
import { loadAssets } from '../io/assets.ts';
import { readInput } from '../io/input.ts';
import type { Spec } from '../spec/defaults.ts';
import { EXIT } from './exit.ts';
import { tell } from './report.ts';

export function withSpecArgument(command: Command): Command {
  return command.argument('<spec>', 'cluster spec (YAML), or - for standard input');
}

/** Hosts that run already are not to be left alone for what they run. */
const EXCUSE = 'its hosts may run already';

/** Runs on a spec that compiles; says what is wrong with any other, as `compile` does. */
export async function withSpec(file: string, use: (spec: Spec) => Promise<void>): Promise<void> {
  const input = await readInput(file);
  const { diagnostics, spec } =
    'diagnostic' in input
      ? { diagnostics: [input.diagnostic], spec: undefined }
      : compile(input.text, { file: input.file, lock: input.lock, assets: await loadAssets(), excuse: EXCUSE });
  tell(diagnostics, file);
  if (spec === undefined) process.exitCode = EXIT.wrong;
  else await use(spec);
}

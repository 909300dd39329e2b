import type { Command } from 'commander';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import { readInput } from '../../io/input.ts';
import { LabError } from '../../lab/lab.ts';
import { withReleases } from '../../spec/locked.ts';
import { interruptible } from '../interruptible.ts';
import { number } from '../number.ts';
import { say } from '../report.ts';
import { withLab } from './running.ts';

interface Size {
  size?: number;
}

/** Adds `lab grow` and `lab remove`. */
export function addChangeCommands(lab: Command): void {
  lab
    .command('grow <spec>')
    .description('boot the hosts that a larger size of the same cluster adds; does not wait for them')
    .option('--size <n>', "number of members, instead of the spec's", number)
    .action((spec: string, flags: Size) => interruptible((signal) => grow(spec, flags, signal)));
  lab
    .command('remove <host>')
    .description('remove a host for good, with its disk; its name and address are not used again')
    .option('--size <n>', 'number of members that the cluster is to have from now on', number)
    .action((host: string, { size }: Size) =>
      withLab(async (running) => say(await running.remove(host, { size })), host),
    );
}

async function grow(file: string, { size }: Size, signal: AbortSignal): Promise<void> {
  const input = await readInput(file);
  if ('diagnostic' in input) throw new LabError(input.diagnostic.message, input.diagnostic.remedy);
  const { text, lock } = input;
  const source = { text, file: input.file, lock, assets: await loadAssets(), size };
  // Of a spec that does not compile the first cluster says so.
  const cluster = compile(source.text, { ...source, overlay: (spec) => withReleases(spec) }).spec?.cluster.name;
  await withLab(async (first) => {
    const meant = first.neighbours.find(({ state }) => state.cluster.name === cluster) ?? first;
    say(await meant.grow({ ...source, secretsInImage: true, say, signal }));
  });
}

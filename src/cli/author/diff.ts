import type { Command } from 'commander';
import { type Difference, diff, type HostChange } from '../../explain/diff.ts';
import { type Side, sideOfFiles, sideOfSpec } from '../../explain/side.ts';
import { loadAssets } from '../../io/assets.ts';
import { readInput } from '../../io/input.ts';
import { IoError } from '../../io/io-error.ts';
import { isFolder, readOutput } from '../../io/read-output.ts';
import { EXIT } from '../exit.ts';
import { add, isForPrograms, say, tell } from '../report.ts';

/** Adds `diff`. */
export function addDiffCommand(program: Command): void {
  const argument = 'a spec (YAML), or a folder that `compile` has written';
  program
    .command('diff')
    .description(
      'show what changes on which hosts, in which order that is safe, and what a living cluster does not take; exit code 1 where there is any of that',
    )
    .argument('<old>', argument)
    .argument('<new>', argument)
    .action(async (old: string, now: string, _, command: Command) => {
      if (old === '-' && now === '-') command.error('error: standard input can be read once only');
      const [before, after] = [await sideOf(old), await sideOf(now)];
      if (before === undefined || after === undefined) {
        process.exitCode = EXIT.wrong;
        return;
      }
      const found = diff(before, after);
      const { values, hosts, warned, steps } = found;
      add('values', values);
      add('hosts', hosts);
      add(
        'cannotChange',
        warned.map(({ changed, verdict, how }) => ({ keys: changed, verdict, how })),
      );
      add('steps', steps);
      if (warned.some(({ verdict }) => verdict === 'never')) process.exitCode = EXIT.wrong;
      if (!isForPrograms()) for (const line of lines(found)) say(line);
    });
}

async function sideOf(name: string): Promise<Side | undefined> {
  if (await isFolder(name)) {
    const files = await readOutput(name);
    try {
      return sideOfFiles(name, files);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new IoError(`${name} is not as \`compile\` writes it: ${cause}.`, 'Compile it again, and compare then.', {
        cause: error,
      });
    }
  }
  const input = await readInput(name);
  if ('diagnostic' in input) {
    tell([input.diagnostic], name);
    return undefined;
  }
  const { side, diagnostics } = sideOfSpec(input.text, { ...input, assets: await loadAssets() });
  tell(diagnostics, name);
  return side;
}

function lines({ values, hosts, warned, steps }: Difference): string[] {
  if (hosts.every(({ is }) => is === 'the same') && values.length === 0) return ['nothing changes'];
  return [
    ...section(
      'settings',
      values.map(
        ({ key, before, after, line }) =>
          `${key}: ${before ?? '(none)'} -> ${after ?? '(none)'}${line ? ` (${line})` : ''}`,
      ),
    ),
    ...hosts.flatMap(hostLines),
    ...section(
      'a living cluster does not simply take',
      warned.map(({ changed, how }) => `${changed.join(', ')}: ${how}`),
    ),
    ...section(
      'in this order',
      steps.map((step, index) => `${index + 1}. ${step.do}${step.hosts ? ` (${step.hosts.join(', ')})` : ''}`),
    ),
  ];
}

const section = (title: string, rows: readonly string[]): string[] =>
  rows.length === 0 ? [] : [`${title}:`, ...rows.map((row) => `  ${row}`)];

const IS = {
  'the same': 'nothing changes on these hosts',
  other: 'hosts get another document',
  new: 'new hosts',
  gone: 'no such hosts any more',
};

function hostLines({ hosts, is, added, removed, changed }: HostChange): string[] {
  const rows = [
    ...added.map((path) => `+ ${path}`),
    ...removed.map((path) => `- ${path}`),
    ...changed.map((path) => `~ ${path}`),
  ];
  const form = is === 'other' && rows.length === 0 ? ', with the same on them' : '';
  return [`${hosts}: ${IS[is]}${form}`, ...rows.map((row) => `  ${row}`)];
}

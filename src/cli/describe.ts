import { type Command, Option } from 'commander';
import { EXAMPLES } from './examples.ts';
import { begin, FORMATS, type Format } from './report.ts';

/** Show what other programs print, or print a document of a form of its own. */
const OWN_OUTPUT = ['schema', 'graph', 'completion', 'lab logs', 'lab exec', 'lab net', 'lab serve'];

/** The words by which a command is called, without the program's own. */
export function pathOf(command: Command): string {
  const { parent } = command;
  if (parent === null) return '';
  return `${pathOf(parent)} ${command.name()}`.trim();
}

/** The commands that do something: those without commands of their own. */
export function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

const described = new WeakSet<Command>();

/** Gives each command what all of them have, once: `--format`, and examples in its help. */
export function describe(program: Command): void {
  for (const command of leavesOf(program)) {
    const path = pathOf(command);
    if (path === '' || described.has(command)) continue;
    described.add(command);
    if (!OWN_OUTPUT.includes(path)) {
      command.addOption(
        new Option(
          '--format <format>',
          'text for people, one JSON object on standard output, or annotations for GitHub',
        )
          .choices(FORMATS)
          .default('text'),
      );
    }
    const examples = EXAMPLES[path];
    if (examples !== undefined) command.addHelpText('after', `\nExamples:\n${examples.map(indented).join('')}`);
  }
  if (described.has(program)) return;
  described.add(program);
  program.hook('preAction', (_, command) => {
    const { format } = command.opts<{ format?: string }>();
    begin(
      pathOf(command),
      FORMATS.find((one) => one === format),
    );
  });
}

const indented = (line: string) => `  $ quorumgate ${line}\n`;

/** The format that a command line asks for, where it was refused before it was understood. */
export function formatIn(words: readonly string[]): Format | undefined {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const index = own.indexOf('--format');
  const asked = own.find((word) => word.startsWith('--format='))?.slice('--format='.length) ?? own[index + 1];
  return index === -1 && !own.some((word) => word.startsWith('--format='))
    ? undefined
    : FORMATS.find((one) => one === asked);
}

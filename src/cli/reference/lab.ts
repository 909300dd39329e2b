import type { Command, Option } from 'commander';
import { FAULTS, type Fault, LAB_TARGETS } from '../../lab/lab.ts';
import { shown, wholeProgram } from './commands.ts';

/** The tables of docs/lab.md, by name. */
export async function labTables(): Promise<Record<string, string>> {
  const lab = commandIn(await wholeProgram(), 'lab');
  const rows = Object.values(FAULTS) as Pick<Fault<never>, 'chaos'>[];
  return {
    commands: table(
      ['`quorumgate lab`', 'does'],
      shown(lab).map((command) => [`\`${usage(command)}\``, command.description()]),
    ),
    targets: table(
      ['`--target`', 'compiled for', 'how its hosts boot'],
      LAB_TARGETS.map(({ name, compiles, about }) => [`\`${name}\``, `\`${compiles}\``, about]),
    ),
    faults: table(
      ['`quorumgate lab fault`', 'does', 'options', 'in chaos'],
      shown(commandIn(lab, 'fault')).map((command, index) => [
        `\`${usage(command)}\``,
        command.description(),
        command.options
          .filter(({ long }) => long !== '--format')
          .map(optionText)
          .join('; '),
        (rows[index]?.chaos ?? []).map(({ name }) => name).join(', '),
      ]),
    ),
  };
}

function commandIn(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name);
  if (found === undefined) throw new Error(`no command ${name}`);
  return found;
}

function optionText({ flags, description, argChoices = [] }: Option): string {
  const choices = argChoices.map((choice) => `\`${choice}\``).join(', ');
  return `\`${flags}\`: ${description}${choices && ` (${choices})`}`;
}

function usage(command: Command): string {
  return `${command.name()} ${command.usage().replace('[options]', '')}`.replace(/ +/g, ' ').trim();
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

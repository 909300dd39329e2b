import type { Command } from 'commander';
import manifest from '../../../package.json' with { type: 'json' };
import { helpOf, nameOf, shown, wholeProgram } from './commands.ts';

/** Text as roff takes it: no line is a request, no character an escape, and each dash one that can be copied. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

const everyCommand = (parent: Command): Command[] => shown(parent).flatMap((one) => [one, ...everyCommand(one)]);

/** quorumgate(1): what each command says of itself, as roff. The same bytes for the same sources. */
export async function manPage(): Promise<string> {
  const program = await wholeProgram(78);
  const section = (command: Command) => [`.SS ${plain(nameOf(command))}`, '.nf', plain(helpOf(command)), '.fi'];
  return `${[
    `.TH QUORUMGATE 1 "" "quorumgate ${manifest.version}" "User Commands"`,
    '.SH NAME',
    `quorumgate \\- ${plain(`${manifest.description.charAt(0).toLowerCase()}${manifest.description.slice(1)}`)}`,
    '.SH SYNOPSIS',
    '.B quorumgate',
    '.I command',
    '[options] [arguments]',
    '.SH DESCRIPTION',
    '.nf',
    plain(helpOf(program)),
    '.fi',
    '.SH COMMANDS',
    ...everyCommand(program).flatMap(section),
  ].join('\n')}\n`;
}

import type { Command } from 'commander';
import { groups } from '../groups.ts';
import { newProgram } from '../program.ts';

const HEAD = `# Commands

Made from the help of the commands by \`npm run docs\`; do not edit. A command with no options of its own stands in the
list of the command above it only.
`;

/** docs/cli.md: what each command says of itself. */
export async function cliReference(): Promise<string> {
  const program = await wholeProgram();
  const sections = [program, ...commandsOf(program)].filter(saysMore).map(section);
  return [HEAD, ...sections].join('\n');
}

/** The program with all its commands. */
export async function wholeProgram(): Promise<Command> {
  // Before the commands are added: they take this over. The same text on every terminal.
  const program = newProgram().configureOutput({ getOutHelpWidth: () => 100, getOutHasColors: () => false });
  for (const { load } of groups) (await load())(program);
  return program;
}

function commandsOf(parent: Command): Command[] {
  return shown(parent).flatMap((command) => [command, ...commandsOf(command)]);
}

/** The commands below one, in the order of its help, but `help`; hidden ones are for quorumgate itself. */
export function shown(parent: Command): Command[] {
  const visible = parent.createHelp().visibleCommands(parent);
  return visible.filter((command) => command.name() !== 'help');
}

function saysMore(command: Command): boolean {
  return command.options.length > 0 || shown(command).length > 0;
}

function section(command: Command): string {
  let help = '';
  command.configureOutput({
    ...command.configureOutput(),
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return `## ${nameOf(command)}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

import type { Command } from 'commander';
import { describe } from '../describe.ts';
import { groups } from '../groups.ts';
import { newProgram } from '../program.ts';

const HEAD = `# Commands

Made from the help of the commands by \`npm run docs\`; do not edit.

## For programs

With \`--format json\` a command prints one JSON object on standard output, whatever becomes of it, and nothing else there:

| part | what |
|---|---|
| \`quorumgate\`, \`command\`, \`exitCode\` | version, the command's words, the code that it exits with |
| \`error\` | \`message\` and \`remedy\` of what has ended it, if anything has |
| \`diagnostics\` | of each: \`spec\`, \`code\`, \`severity\`, \`message\`, \`remedy\`, \`pointer\`, \`place\`, where there is one \`suggestion\`, and the reason by which it is \`allowed\` |
| \`output\` | the lines that people get and that no other part has |
| \`files\` | \`path\`, \`size\` and \`sha256\` of what is written; with \`check\` of what would be |
| \`documents\` | of \`compile\` and \`check\`, for each target and role: \`path\`, \`sha256\`, \`form\`, \`size\` as the \`limit\` counts it (\`bytes\` is null where any size is taken), \`largest\` where that was weighed |
| \`needs\` | what has to be there before a host boots: its \`kind\` (\`network\`, \`upload\`, \`right\`, \`image\`, \`package\`, \`fetch\`, \`file\`, \`device\`, \`consul\`, \`port\`; \`note\` of \`kubernetes\`), \`items\`, \`text\`, and the \`role\` of the hosts, if not all |
| \`programs\`, \`members\`, \`certificates\` | of \`lock\`, \`member list\` and \`pki status\`: their rows |
| \`differences\` | of \`--check\`: \`kind\`, \`path\`, and whether the file \`isInTheWay\` |

Nobody is asked then: what asks wants \`--yes\`. \`--format github\` prints diagnostics and errors as annotations of a workflow. With
\`--strict\` warnings fail, but for those that \`allow\` in the spec gives a reason for. \`compile SPEC -o -\` prints one document, chosen by
\`--target\` and \`--role\`, and everything else on standard error.
`;

/** docs/cli.md: what each command says of itself. */
export async function cliReference(): Promise<string> {
  const program = await wholeProgram();
  const sections = [program, ...commandsOf(program)].filter(saysMore).map(section);
  return [HEAD, ...sections].join('\n');
}

/** The program with all its commands. */
export async function wholeProgram(width = 100): Promise<Command> {
  // Before the commands are added: they take this over. The same text on every terminal.
  const program = newProgram().configureOutput({ getOutHelpWidth: () => width, getOutHasColors: () => false });
  for (const { load } of groups) (await load())(program);
  describe(program);
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

/** The help of a command, as its user sees it. */
export function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({
    ...command.configureOutput(),
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help.trimEnd();
}

const section = (command: Command) => `## ${nameOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;

export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

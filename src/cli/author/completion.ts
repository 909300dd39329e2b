import { Argument, type Command } from 'commander';
import { describe, pathOf } from '../describe.ts';
import { bash, fish, type Node, zsh } from './shells.ts';

const SHELLS = { bash, zsh, fish };
type Shell = keyof typeof SHELLS;

/** Adds `completion`. All other commands have to be there already. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print the script by which a shell completes commands, options and their values')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
For good:
  bash  echo 'source <(quorumgate completion bash)' >>~/.bashrc
  zsh   quorumgate completion zsh >"\${fpath[1]}/_quorumgate"
  fish  quorumgate completion fish >~/.config/fish/completions/quorumgate.fish
`,
    )
    .action((shell: Shell) => {
      process.stdout.write(SHELLS[shell](nodesOf(program)));
    });
  describe(program);
}

/** Every command that is shown, with what may follow it. */
function nodesOf(command: Command): Node[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const node: Node = {
    path: pathOf(command),
    commands: commands.map((one) => ({ name: one.name(), about: one.description() })),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
      about: option.description,
      takes: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  const own = commands.filter((one) => one.name() !== 'help');
  return [node, ...own.flatMap(nodesOf)];
}

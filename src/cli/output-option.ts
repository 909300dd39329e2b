import type { Command } from 'commander';

/** Adds `-o` and `--check` to a command that writes files. */
export function withOutput(command: Command, what: string): Command {
  const directory = (name: string) =>
    // `-o "$OUT"` without an `OUT`.
    name === '' ? command.error('error: -o is empty: give a directory, for example `-o out`') : name;
  return command
    .option('-o, --output <directory>', what, directory, 'out')
    .option('--check', 'write nothing; exit with 1 when the output directory is not what the spec gives now');
}

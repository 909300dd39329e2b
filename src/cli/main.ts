import { CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { IoError } from '../io/io-error.ts';
import { EXIT } from './exit.ts';
import { asked, groupsFor } from './groups.ts';
import { newProgram } from './program.ts';

const program = newProgram();

process.on('uncaughtException', stop);
// `quorumgate schema | head`: the reader has what it wants.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  const remedy = 'Free some space, or send the output to another place.';
  stop(new IoError(`Cannot write to standard output: ${error.message}.`, remedy, { cause: error }));
});
// Nobody can be told.
process.stderr.on('error', () => process.exit(EXIT.wrong));
const words = asked(process.argv.slice(2));
for (const { load } of groupsFor(words)) (await load())(program);
await program.parseAsync(words, { from: 'user' }).catch(stop);

/** Every error ends here: of the command line, of what the user can repair, or a bug. */
function stop(error: unknown): never {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  if (error instanceof Error && 'remedy' in error && typeof error.remedy === 'string') {
    process.stderr.write(`error: ${error.message}\n  remedy: ${error.remedy}\n`);
    process.exit(EXIT.wrong);
  }
  const stack = error instanceof Error ? error.stack : String(error);
  const where = `quorumgate ${manifest.version}, Node ${process.version}, ${process.platform}`;
  process.stderr.write(
    `This is a bug of quorumgate (${where}). Please report it with the spec and these lines:\n${stack}\n`,
  );
  process.exit(EXIT.bug);
}

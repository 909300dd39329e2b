import { CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { describe, formatIn } from './describe.ts';
import { EXIT } from './exit.ts';
import { asked, groupsFor } from './groups.ts';
import { newProgram } from './program.ts';
import { begin, complain, type Failure, finish, isForPrograms } from './report.ts';

const program = newProgram();

process.on('uncaughtException', stop);
// `quorumgate schema | head`: the reader has what it wants.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  const remedy = 'Free some space, or send the output to another place.';
  complain({ message: `Cannot write to standard output: ${error.message}.`, remedy });
  process.exit(EXIT.wrong);
});
// Nobody can be told.
process.stderr.on('error', () => process.exit(EXIT.wrong));
const words = asked(process.argv.slice(2));
for (const { load } of groupsFor(words)) (await load())(program);
describe(program);
await program.parseAsync(words, { from: 'user' }).then(() => finish(Number(process.exitCode ?? EXIT.ok)), stop);

/** Every error ends here: of the command line, of what the user can repair, or a bug. */
function stop(error: unknown): void {
  const [code, failure] = toFailure(error);
  if (failure !== undefined) finish(code, failure, () => process.exit(code));
  else process.exit(code);
}

/** The exit code, and what programs are told; people have been. */
function toFailure(error: unknown): [code: number, failure?: Failure] {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return [EXIT.ok];
    // Refused before it has begun.
    if (!isForPrograms()) begin(words[0] ?? '', formatIn(words));
    return [EXIT.usage, { message: error.message.replace(/^error: /, '') }];
  }
  if (error instanceof Error && 'remedy' in error && typeof error.remedy === 'string') {
    const failure = { message: error.message, remedy: error.remedy };
    if (!isForPrograms()) complain(failure);
    return [EXIT.wrong, failure];
  }
  const stack = error instanceof Error ? error.stack : String(error);
  const where = `quorumgate ${manifest.version}, Node ${process.version}, ${process.platform}`;
  const message = `This is a bug of quorumgate (${where}). Please report it with the spec and these lines:\n${stack}`;
  process.stderr.write(`${message}\n`);
  return [EXIT.bug, { message }];
}

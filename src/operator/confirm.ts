import { createInterface } from 'node:readline/promises';
import { OperatorError } from './operator-error.ts';

/** How a command speaks with its operator. */
export interface Dialogue {
  /** One line, for the operator to read. */
  say: (line: string) => void;
  /** Returns when the operator wants it; throws when not, or when nobody can be asked. */
  confirm: (cluster: string) => Promise<void>;
}

/** Nobody is there to be asked, and --yes was not given. */
export class NobodyToAsk extends Error {}

/**
 * Lets the operator type the cluster's name.
 *
 * @throws NobodyToAsk without a terminal; OperatorError when something else is typed, or nothing
 */
export async function confirmByName(
  cluster: string,
  input: NodeJS.ReadStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  if (!input.isTTY) {
    throw new NobodyToAsk(
      'nobody can be asked: standard input is no terminal. Nothing was changed; with --yes nobody is asked',
    );
  }
  const terminal = createInterface({ input, output });
  // Ctrl-C and Ctrl-D mean no; without this the question would never be answered.
  const closed = new Promise<string>((resolve) => {
    terminal.once('close', () => resolve(''));
    terminal.once('SIGINT', () => terminal.close());
  });
  const typed = await Promise.race([terminal.question(`Type the cluster's name (${cluster}) to go on: `), closed]);
  terminal.close();
  if (typed === '') output.write('\n');
  if (typed.trim() === cluster) return;
  throw new OperatorError('not confirmed; nothing was changed', `To go on, type ${cluster}.`);
}

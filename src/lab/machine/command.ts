import { execa } from 'execa';
import { LabError } from './lab-error.ts';

export interface RunOptions {
  input?: string;
  cwd?: string;
  signal?: AbortSignal | undefined;
  /** Called with each line of both streams: for long commands. */
  onLine?: (line: string) => void;
  env?: Record<string, string>;
}

export interface Finished {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end, whatever that is; a program that is not there counts as exit code 127. */
export async function finish(command: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  const child = execa(command, args, {
    reject: false,
    all: true,
    // A Ctrl-C in the terminal is for this process, which then undoes what it did: with commands that still run.
    detached: true,
    cleanup: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  if (options.onLine !== undefined) {
    for await (const line of child.iterable({ from: 'all' })) options.onLine(String(line));
  }
  const result = await child;
  options.signal?.throwIfAborted();
  // Ctrl-C may still reach it between fork and its new session: then the program itself has not begun.
  if (result.signal === 'SIGINT') return finish(command, args, options);
  return {
    exitCode: result.exitCode ?? 127,
    stdout: result.stdout ?? '',
    stderr: result.stderr || result.shortMessage || '',
  };
}

/** Runs a command that must succeed; its output. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await finish(command, args, options);
  if (exitCode === 0) return stdout;
  const last = `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join('\n');
  throw new LabError(
    `\`${[command, ...args].join(' ').slice(0, 300)}\` failed (exit ${exitCode}): ${last}`,
    'See the message above; nothing of this step was kept.',
  );
}

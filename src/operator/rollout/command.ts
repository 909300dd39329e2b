import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BEAT } from './lease.ts';

/** One that has its turn. */
export interface Host {
  name: string;
  address: string;
}

/**
 * Runs a command of the user's for one host, and calls `beat` each few seconds meanwhile. Its output goes to standard error, for with
 * `--format json` standard output is ours alone.
 *
 * @throws Error when it fails, or takes longer than that
 */
export async function runFor(text: string, seconds: number, { name, address }: Host, beat: () => void): Promise<void> {
  const env = { ...process.env, QG_NAME: name, QG_ADDRESS: address };
  const began = Date.now();
  const child = spawn('/bin/sh', ['-c', text], { env, stdio: ['ignore', 2, 2], timeout: seconds * 1000 });
  const beats = setInterval(beat, BEAT);
  const [code, signal] = (await once(child, 'exit').finally(() => clearInterval(beats))) as [
    number | null,
    NodeJS.Signals | null,
  ];
  if (signal !== null && Date.now() - began >= seconds * 1000)
    throw new Error(`the command of --run was ended after ${seconds} s (--run-timeout); what it began may run still`);
  if (code !== 0) throw new Error(`the command of --run ended with ${signal ?? code}`);
}

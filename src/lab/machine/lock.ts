import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Gives a lock back; whoever comes next finds it free. */
export type Release = () => Promise<void>;

/**
 * Takes a lock that the kernel gives back however its holder ends: `flock` holds it for a `cat` that reads from this
 * process. Undefined when another holds it, unless `wait`.
 */
export async function acquireLock(file: string, wait = false): Promise<Release | undefined> {
  await mkdir(dirname(file), { recursive: true });
  const mode = wait ? [] : ['-n'];
  const holder = spawn('flock', [...mode, file, 'sh', '-c', 'echo locked; exec cat'], {
    // Its own session: a Ctrl-C in the terminal must not take the lock away while things are undone.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const got = await new Promise<'taken' | 'busy' | 'killed'>((resolve, reject) => {
    holder.stdout.once('data', () => resolve('taken'));
    holder.once('error', reject);
    holder.once('exit', (_, signal) => resolve(signal === null ? 'busy' : 'killed'));
  });
  // Ctrl-C may still reach it between fork and its new session.
  if (got === 'killed') return acquireLock(file, wait);
  if (got === 'busy') return undefined;
  return async () => {
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    const over = new Promise((resolve) => holder.once('close', resolve));
    holder.stdin.end();
    holder.stdout.resume();
    await over;
  };
}

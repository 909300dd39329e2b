import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { makeCgroup } from './cgroup.ts';
import { LabError } from './lab-error.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

/** First into the cgroup, then into the program: no moment at which it runs outside. */
const ENTER = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1" || exit 1; shift; n=$((n - 1)); done; exec "$@"';

/** Starts a program that outlives this process, in a cgroup and session of its own, its output in a file. */
export async function spawnDetached(cgroup: string, logFile: string, command: string[]): Promise<ProcessIdentity> {
  const files = await makeCgroup(cgroup);
  const log = openSync(logFile, 'a');
  const child = spawn('sh', ['-c', ENTER, 'sh', String(files.length), ...files, ...command], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.on('error', () => {});
  child.unref();
  closeSync(log);
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) {
    throw new LabError(`could not start ${command[0]}`, `See ${logFile}.`);
  }
  return identity;
}

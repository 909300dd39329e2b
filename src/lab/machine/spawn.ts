import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { cgroupFiles, makeCgroup } from './cgroup.ts';
import { LabError } from './lab-error.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

/** First into the cgroup, then into the program: no moment at which it runs outside. */
const ENTER = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1" || exit 1; shift; n=$((n - 1)); done; exec "$@"';

/** The words before a command line that run it in a cgroup that is there. */
export function enterCgroup(cgroup: string): string[] {
  const files = cgroupFiles(cgroup);
  return ['sh', '-c', ENTER, 'sh', String(files.length), ...files];
}

/** Starts a program that outlives this process, in a cgroup and session of its own, its output in a file. */
export async function spawnDetached(cgroup: string, logFile: string, command: string[]): Promise<ProcessIdentity> {
  await makeCgroup(cgroup);
  const log = openSync(logFile, 'a');
  const [program = '', ...args] = [...enterCgroup(cgroup), ...command];
  const child = spawn(program, args, {
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

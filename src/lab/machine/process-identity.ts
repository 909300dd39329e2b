import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks between the machine's boot and the process's start. */
  start: string;
  /** The machine's boot: ticks begin anew with each. */
  boot: string;
}

/** State letter and start time out of /proc/PID/stat; the name in the middle may hold spaces and parentheses. */
export function parseStat(stat: string): { state: string; start: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', start: fields[19] ?? '' };
}

/** The identity of a process that runs now; undefined when there is none. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const { state, start } = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (state === 'Z' || state === 'X') return undefined;
    return { pid, start, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
  } catch {
    return undefined;
  }
}

/** Whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity | undefined): identity is ProcessIdentity {
  if (identity === undefined) return false;
  const now = identify(identity.pid);
  return now !== undefined && now.start === identity.start && now.boot === identity.boot;
}

/** Children of a process, by the kernel's own list. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

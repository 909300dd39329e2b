import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { cgroupOf } from '../host/host.ts';
import { isUp } from '../host/inside.ts';
import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import { processesIn } from '../machine/cgroup.ts';
import { LabError } from '../machine/lab-error.ts';
import { parseStat } from '../machine/process-identity.ts';

/** Programs that can be hit alone. `gate` and `register` are the sidekicks: they run while the host waits or registers. */
export const PROGRAMS = ['etcd', 'consul', 'socat', 'gate', 'register'] as const;
export type Program = (typeof PROGRAMS)[number];

export interface OfProgram {
  program?: Program | undefined;
}

const BINARIES = ['etcd', 'consul', 'socat'] as const satisfies Program[];
const SIDEKICKS: Record<string, Program> = { 'etcd-ready': 'gate', 'etcd-register': 'register' };

/** Which of the programs a command line is; a sidekick's process is Node's, or an executable of that name. */
export function programOf([command = '', ...args]: readonly string[]): Program | undefined {
  const name = basename(command);
  if (name === 'node') return SIDEKICKS[basename(args.find((word) => !word.startsWith('-')) ?? '')];
  // A gate that asks which version there is runs none.
  return SIDEKICKS[name] ?? BINARIES.find((program) => program === name && args[0] !== '--version');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

/** The host's processes by its cgroup: certain, and it works when the host itself answers nothing. */
export function pidsOf({ layout }: Scene, host: HostState, program?: Program): number[] {
  const pids = processesIn(cgroupOf(layout, host));
  if (program === undefined) return pids;
  return pids.filter((pid) => programOf(read(`/proc/${pid}/cmdline`).split('\0')) === program);
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {}
  }
}

function present(scene: Scene, host: HostState, program: Program): number[] {
  if (!isUp(host)) throw new LabError(`host ${host.name} does not run`, `\`lab fault reboot ${host.name}\` boots it.`);
  const pids = pidsOf(scene, host, program);
  if (pids.length > 0) return pids;
  throw new LabError(
    `${host.name} runs no ${program} at this moment`,
    program === 'gate' || program === 'register'
      ? 'It runs only while the host waits or registers: boot it, or restart etcd.'
      : `\`quorumgate lab logs ${host.name}\` shows why.`,
  );
}

const them = (pids: readonly number[]) => `${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')}`;

export function killProgram(scene: Scene, host: HostState, program: Program): string {
  const pids = present(scene, host, program);
  signal(pids, 'SIGKILL');
  return `${host.name}: SIGKILL to ${program} (${them(pids)})`;
}

export function stopProgram(scene: Scene, host: HostState, program: Program): string {
  const pids = present(scene, host, program);
  signal(pids, 'SIGSTOP');
  return `${host.name}: SIGSTOP to ${program} (${them(pids)}); \`lab fault thaw ${host.name}\` lets it go on`;
}

/** Lets stopped processes go on: of one program, or all. How many there were. */
export function goOn(scene: Scene, host: HostState, program?: Program): number {
  const stopped = pidsOf(scene, host, program).filter((pid) => parseStat(read(`/proc/${pid}/stat`)).state === 'T');
  signal(stopped, 'SIGCONT');
  return stopped.length;
}

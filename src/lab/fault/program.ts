import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { cgroupOf } from '../host/host.ts';
import { inside, isUp } from '../host/inside.ts';
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

interface Process {
  pid: number;
  /** The letter of its state, as in /proc/PID/stat. */
  state: string;
  program: Program | undefined;
}

/** Processes as `ps` lists them: number, state, command line. */
export function listed(text: string): Process[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, state = '', command = ''] = /^ *(\d+) (\S) (.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), state, program: programOf(command.split(' ')) }];
  });
}

/** All processes of a host; those of a virtual machine by their numbers in there. */
async function processesOf(scene: Scene, host: HostState): Promise<Process[]> {
  if (host.agent !== undefined) return listed((await inside(host, ['ps', '-ww', '-eo', 'pid=,state=,args='])).stdout);
  return pidsOf(scene, host).map((pid) => ({
    pid,
    state: parseStat(read(`/proc/${pid}/stat`)).state,
    program: programOf(read(`/proc/${pid}/cmdline`).split('\0')),
  }));
}

async function signal(host: HostState, pids: readonly number[], name: NodeJS.Signals): Promise<void> {
  if (host.agent !== undefined) {
    if (pids.length > 0) await inside(host, ['kill', `-${name.slice(3)}`, ...pids.map(String)]);
    return;
  }
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {}
  }
}

async function present(scene: Scene, host: HostState, program: Program): Promise<number[]> {
  if (!isUp(host)) throw new LabError(`host ${host.name} does not run`, `\`lab fault reboot ${host.name}\` boots it.`);
  const pids = (await processesOf(scene, host)).filter((one) => one.program === program).map(({ pid }) => pid);
  if (pids.length > 0) return pids;
  throw new LabError(
    `${host.name} runs no ${program} at this moment`,
    program === 'gate' || program === 'register'
      ? 'It runs only while the host waits or registers: boot it, or restart etcd.'
      : `\`quorumgate lab logs ${host.name}\` shows why.`,
  );
}

const them = (pids: readonly number[]) => `${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')}`;

export async function killProgram(scene: Scene, host: HostState, program: Program): Promise<string> {
  const pids = await present(scene, host, program);
  await signal(host, pids, 'SIGKILL');
  return `${host.name}: SIGKILL to ${program} (${them(pids)})`;
}

export async function stopProgram(scene: Scene, host: HostState, program: Program): Promise<string> {
  const pids = await present(scene, host, program);
  await signal(host, pids, 'SIGSTOP');
  return `${host.name}: SIGSTOP to ${program} (${them(pids)}); \`lab fault thaw ${host.name}\` lets it go on`;
}

/** Lets stopped processes go on: of one program, or all. How many there were. */
export async function goOn(scene: Scene, host: HostState, program?: Program): Promise<number> {
  const those = (await processesOf(scene, host)).filter((one) => program === undefined || one.program === program);
  const stopped = those.filter(({ state }) => state === 'T').map(({ pid }) => pid);
  await signal(host, stopped, 'SIGCONT');
  return stopped.length;
}

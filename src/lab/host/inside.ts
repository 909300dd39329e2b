import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Finished, finish, type RunOptions } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths, type Layout, namespaceOf } from '../machine/layout.ts';
import { childrenOf, isAlive } from '../machine/process-identity.ts';
import { insideGuest } from './agent.ts';
import type { HostState } from './state.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/quorumgate/bin';

export function isUp(host: HostState): boolean {
  return isAlive(host.supervisor) && isAlive(host.init);
}

/** A command with an environment of its own; the host has to run. */
function onHost(host: HostState, command: string[], env: Record<string, string> = {}): string[] {
  if (!isUp(host)) {
    throw new LabError(
      `host ${host.name} does not run`,
      `\`quorumgate lab logs ${host.name}\` shows what it said last.`,
    );
  }
  const all = { HOME: '/root', LANG: 'C.UTF-8', PATH, TERM: process.env['TERM'] ?? 'dumb', ...env };
  const variables = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  return ['env', '-i', '-C', '/', ...variables, ...command];
}

/** The command line of this machine that enters a host's namespaces. */
function enter({ init }: HostState, command: string[]): string[] {
  return ['nsenter', '--target', String(init?.pid), '--all', '--', ...command];
}

/** The command line that runs a command of this machine in a host's network. */
function enterNetwork(layout: Layout, host: Pick<HostState, 'name'>, command: string[]): string[] {
  return ['nsenter', `--net=/run/netns/${namespaceOf(layout, host.name)}`, '--', ...command];
}

/** Runs a command inside a host to its end. @throws LabError where the host does not run; rejects with one where a virtual machine does not answer */
export function inside(
  host: HostState,
  command: string[],
  options: RunOptions & { env?: Record<string, string> } = {},
): Promise<Finished> {
  const { env, ...rest } = options;
  const words = onHost(host, command, env);
  if (host.agent !== undefined) return insideGuest(host.agent, words, rest);
  const [program = '', ...args] = enter(host, words);
  return finish(program, args, rest);
}

/** A file of a host as text: from its disk, running or not; of a virtual machine while it runs. Rejects where there is none. */
export async function readOn(layout: Layout, host: HostState, path: string): Promise<string> {
  if (host.agent === undefined) return readFile(join(hostPaths(layout, host.name).root, path), 'utf8');
  const { exitCode, stdout, stderr } = await inside(host, ['cat', path]);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** Runs a command of this machine in a host's network to its end. */
export function insideNetwork(
  layout: Layout,
  host: Pick<HostState, 'name'>,
  command: string[],
  options?: RunOptions,
): Promise<Finished> {
  const [program = '', ...args] = enterNetwork(layout, host, command);
  return finish(program, args, options);
}

const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Runs a command inside a host on this process's own terminal; its exit code, 128 and more for a signal. In a virtual machine it has no
 * terminal and no input, and what it says comes at its end.
 */
export async function insideForeground(host: HostState, command: string[]): Promise<number> {
  if (host.agent !== undefined) {
    const { exitCode, stdout, stderr } = await inside(host, command);
    if (stdout !== '') process.stdout.write(`${stdout}\n`);
    if (stderr !== '') process.stderr.write(`${stderr}\n`);
    return exitCode;
  }
  // A signal to nsenter alone would leave the command behind, inside.
  return foreground(enter(host, onHost(host, command)), childrenOf);
}

/** The command that enters a host's network alone. */
export function networkForeground(layout: Layout, host: HostState, command: string[]): Promise<number> {
  return foreground(enterNetwork(layout, host, command), (pid) => [pid]);
}

async function foreground(command: string[], signalled: (pid: number) => number[]): Promise<number> {
  const [program = '', ...args] = command;
  const child = execa(program, args, { stdio: 'inherit', reject: false, cleanup: false });
  const forward = (signal: NodeJS.Signals) => {
    for (const pid of child.pid === undefined ? [] : signalled(child.pid)) {
      try {
        process.kill(pid, signal);
      } catch {}
    }
  };
  for (const name of FORWARDED) process.on(name, forward);
  const result = await child;
  for (const name of FORWARDED) process.off(name, forward);
  if (result.exitCode !== undefined) return result.exitCode;
  return result.signal === undefined ? 1 : 128 + constants.signals[result.signal];
}

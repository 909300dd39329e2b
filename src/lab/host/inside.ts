import { constants } from 'node:os';
import { execa } from 'execa';
import { type Finished, finish, type RunOptions } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { type Layout, namespaceOf } from '../machine/layout.ts';
import { childrenOf, isAlive } from '../machine/process-identity.ts';
import type { HostState } from './state.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/quorumgate/bin';

export function isUp(host: HostState): boolean {
  return isAlive(host.supervisor) && isAlive(host.init);
}

/** The command line that runs `command` inside a host, with an environment of its own. */
function enter(host: HostState, command: string[], env: Record<string, string> = {}): string[] {
  if (host.init === undefined || !isUp(host)) {
    throw new LabError(
      `host ${host.name} does not run`,
      `\`quorumgate lab logs ${host.name}\` shows what it said last.`,
    );
  }
  const all = { HOME: '/root', LANG: 'C.UTF-8', PATH, TERM: process.env['TERM'] ?? 'dumb', ...env };
  const variables = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  return [
    'nsenter',
    '--target',
    String(host.init.pid),
    '--all',
    '--',
    'env',
    '-i',
    '-C',
    '/',
    ...variables,
    ...command,
  ];
}

/** The command line that runs a command of this machine in a host's network. */
function enterNetwork(layout: Layout, host: Pick<HostState, 'name'>, command: string[]): string[] {
  return ['nsenter', `--net=/run/netns/${namespaceOf(layout, host.name)}`, '--', ...command];
}

/** Runs a command inside a host to its end. */
export function inside(
  host: HostState,
  command: string[],
  options: RunOptions & { env?: Record<string, string> } = {},
): Promise<Finished> {
  const { env, ...rest } = options;
  const [program = '', ...args] = enter(host, command, env);
  return finish(program, args, rest);
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

/** Runs a command inside a host on this process's own terminal; its exit code, 128 and more for a signal. */
export function insideForeground(host: HostState, command: string[]): Promise<number> {
  // A signal to nsenter alone would leave the command behind, inside.
  return foreground(enter(host, command), childrenOf);
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

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { finish, run } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths, type Layout } from '../machine/layout.ts';
import { inside, insideForeground, isUp } from './inside.ts';
import type { HostState } from './state.ts';

/** Reads a journal on a host's disk, running or not; the disk of a virtual machine is mounted for it, and has to be off. */
async function onDisk<T>(layout: Layout, host: HostState, read: (options: string[]) => Promise<T>): Promise<T> {
  const { root, disk } = hostPaths(layout, host.name);
  const options = ['--directory', join(root, 'var/log/journal')];
  if (host.agent === undefined) return read(options);
  // As it is, after a power cut too: to repair it is for the machine.
  await run('mount', ['-o', 'loop,ro,noload', disk, root]);
  try {
    return await read(options);
  } finally {
    await run('umount', [root]);
  }
}

/** The last that a host said, read from its disk: also when it has ended. */
export async function hostLog(layout: Layout, host: HostState, lines: number): Promise<string> {
  const last = ['--no-pager', '-q', '-n', String(lines)];
  const { exitCode, stdout } = await onDisk(layout, host, (options) => finish('journalctl', [...options, ...last]));
  return exitCode === 0 && stdout.trim() !== '' ? stdout : consoleLog(layout, host, lines);
}

/** The last that a host said on its console: before it has a journal, too. */
export async function consoleLog(layout: Layout, { name }: HostState, lines: number): Promise<string> {
  const { console: log } = hostPaths(layout, name);
  const said = existsSync(log) ? await readFile(log, 'utf8') : '';
  return said.trim().split('\n').slice(-lines).join('\n');
}

/** The output of a `journalctl`, of a host that runs or not. */
function asked(layout: Layout, host: HostState, more: string[]) {
  return host.agent !== undefined && isUp(host)
    ? inside(host, ['journalctl', '-q', ...more])
    : onDisk(layout, host, (options) => finish('journalctl', [...options, '-q', ...more]));
}

/** The lines of a host's last boot in JSON, of our units alone and of these fields: a guest's agent gives 16 MiB. */
export async function bootJournal(layout: Layout, host: HostState): Promise<string[]> {
  const fields = 'MESSAGE,MESSAGE_ID,UNIT,_PID,_SYSTEMD_UNIT,_HOSTNAME,_MACHINE_ID';
  const units = ['quorumgate*', 'consul*', 'etcd*'].flatMap((unit) => ['--unit', unit]);
  const { stdout } = await asked(layout, host, ['-b', '-o', 'json', `--output-fields=${fields}`, ...units]);
  return stdout.split('\n');
}

/** Rejects when a unit has said nothing, with those that have. */
async function assertSaid(layout: Layout, host: HostState, unit: string): Promise<void> {
  const read = async (...more: string[]) => (await asked(layout, host, more)).stdout.split('\n').filter(Boolean);
  if ((await read('-n', '1', '--unit', unit)).length > 0) return;
  const units = [...new Set(await read('--field=_SYSTEMD_UNIT'))].filter((one) =>
    /^(consul|etcd|quorumgate)/.test(one),
  );
  throw new LabError(
    `${unit} has said nothing on ${host.name}`,
    `Units of ours that have: ${units.sort().join(', ') || 'none yet'}.`,
  );
}

/** `lab logs`: the host's journal on this terminal; its exit code. */
export async function showLogs(
  layout: Layout,
  host: HostState,
  { unit, follow }: { unit?: string | undefined; follow?: boolean | undefined },
): Promise<number> {
  const options = ['--no-pager', '-q', ...(unit === undefined ? [] : ['--unit', unit])];
  // A name that is wrong would be shown as nothing at all.
  if (unit !== undefined && !follow) await assertSaid(layout, host, unit);
  if (follow && host.agent !== undefined) {
    throw new LabError(
      `the journal of a virtual machine cannot be followed: ${host.name} says what it has said, at the end of a command`,
      `\`quorumgate lab logs ${host.name}\` again shows more.`,
    );
  }
  if (isUp(host)) return insideForeground(host, ['journalctl', ...options, ...(follow ? ['--follow'] : [])]);
  if (follow) {
    const remedy = `\`quorumgate lab logs ${host.name}\` shows what it said last.`;
    throw new LabError(`host ${host.name} has ended: there is nothing to follow`, remedy);
  }
  const { exitCode } = await onDisk(layout, host, (disk) =>
    execa('journalctl', [...disk, ...options], { stdio: 'inherit', reject: false }),
  );
  if (exitCode !== 0 && unit === undefined) process.stdout.write(`${await hostLog(layout, host, 1000)}\n`);
  return exitCode ?? 1;
}

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { finish } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths, type Layout } from '../machine/layout.ts';
import { insideForeground, isUp } from './inside.ts';
import type { HostState } from './state.ts';

function journalOf(layout: Layout, name: string): string {
  return join(hostPaths(layout, name).root, 'var/log/journal');
}

/** The last that a host said, read from its disk: also when it has ended. */
export async function hostLog(layout: Layout, name: string, lines: number): Promise<string> {
  const { console: log } = hostPaths(layout, name);
  const journal = ['--directory', journalOf(layout, name), '--no-pager', '-q', '-n', String(lines)];
  const { exitCode, stdout } = await finish('journalctl', journal);
  if (exitCode === 0 && stdout.trim() !== '') return stdout;
  const said = existsSync(log) ? await readFile(log, 'utf8') : '';
  return said.trim().split('\n').slice(-lines).join('\n');
}

/** Rejects when a unit has said nothing, with those that have. */
async function assertSaid(layout: Layout, name: string, unit: string): Promise<void> {
  const read = async (...more: string[]) => {
    const { stdout } = await finish('journalctl', ['--directory', journalOf(layout, name), '-q', ...more]);
    return stdout.split('\n').filter(Boolean);
  };
  if ((await read('-n', '1', '--unit', unit)).length > 0) return;
  const units = [...new Set(await read('--field=_SYSTEMD_UNIT'))].filter((one) =>
    /^(consul|etcd|quorumgate)/.test(one),
  );
  throw new LabError(
    `${unit} has said nothing on ${name}`,
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
  if (unit !== undefined && !follow) await assertSaid(layout, host.name, unit);
  if (isUp(host)) return insideForeground(host, ['journalctl', ...options, ...(follow ? ['--follow'] : [])]);
  if (follow) {
    const remedy = `\`quorumgate lab logs ${host.name}\` shows what it said last.`;
    throw new LabError(`host ${host.name} has ended: there is nothing to follow`, remedy);
  }
  const journal = ['--directory', journalOf(layout, host.name), ...options];
  const { exitCode } = await execa('journalctl', journal, { stdio: 'inherit', reject: false });
  if (exitCode !== 0 && unit === undefined) process.stdout.write(`${await hostLog(layout, host.name, 1000)}\n`);
  return exitCode ?? 1;
}

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

/** `lab logs`: the host's journal on this terminal; its exit code. */
export async function showLogs(
  layout: Layout,
  host: HostState,
  { unit, follow }: { unit?: string | undefined; follow?: boolean | undefined },
): Promise<number> {
  const options = ['--no-pager', '-q', ...(unit === undefined ? [] : ['--unit', unit])];
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

import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { IoError } from '../io/io-error.ts';
import { journalLines } from '../io/journal-lines.ts';
import { writeOwnFile } from '../io/own-file.ts';
import { COLLECT, type HostBoot, JournalReader } from '../report/boot.ts';
import { MARK, type Reported, reportPage } from '../report/page.ts';
import { untouched } from './interruptible.ts';
import { add, fileRow, say } from './report.ts';

/** The page, where no name is given. */
export const PAGE = 'boot-report.html';

export function withPage(command: Command): Command {
  return command.option(
    '-o, --output <file>',
    'the page that is written',
    (name: string) =>
      name === '' ? command.error(`error: -o is empty: give a file, for example \`-o ${PAGE}\``) : name,
    PAGE,
  );
}

/** Adds `report`. */
export function addReportCommand(program: Command): void {
  const command = program
    .command('report')
    .description('show how hosts came up, in one HTML page made from their journals')
    .argument('<journal...>', 'journals, `journalctl -b -o json`: a file for each host')
    .addHelpText('after', `\nThe journal of a host comes by:\n  $ ${COLLECT}`);
  withPage(command).action(async (files: string[], { output }: { output: string }) => {
    const hosts: HostBoot[] = [];
    for (const file of files) hosts.push(await readBoot(file));
    assertDifferent(hosts);
    await writePage(output, [{ hosts }]);
  });
}

async function readBoot(file: string): Promise<HostBoot> {
  const reader = new JournalReader(file);
  let isCut = false;
  for await (const { text, isEnded } of journalLines(file)) isCut = !reader.add(text) && !isEnded;
  const boot = reader.end(isCut);
  if ('remedy' in boot) throw new IoError(boot.message, boot.remedy);
  return boot;
}

function assertDifferent(hosts: readonly HostBoot[]): void {
  const before = new Map<string, HostBoot>();
  for (const host of hosts) {
    const other = before.get(host.id);
    before.set(host.id, host);
    if (other === undefined) continue;
    throw new IoError(
      `${other.source} and ${host.source} are the same boot of ${host.name}.`,
      'Give one journal of each host.',
    );
  }
}

/** Writes the page, and says where it is. */
export async function writePage(file: string, clusters: readonly Reported[]): Promise<void> {
  const page = reportPage(clusters, manifest.version);
  await untouched(() => writeOwnFile(file, page, MARK, 'boot report'));
  add('files', [fileRow(file, Buffer.from(page))]);
  const boots = clusters.flatMap((one) => one.hosts);
  add(
    'hosts',
    boots.map(({ name, role, steps, waits }) => ({ name, role, steps, waits })),
  );
  say(file);
}

/** Shows a file by the desktop's own means; where there are none its path has been said. */
export function openFile(file: string): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('xdg-open', [path.resolve(file)], { stdio: 'ignore', detached: true });
    child.on('error', () => resolve());
    child.on('spawn', () => {
      child.unref();
      resolve();
    });
  });
}

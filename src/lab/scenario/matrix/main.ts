// `npm run test:matrix [-- --minutes N] [--all] [PATTERN]`: plays the cells that were not yet played, or did not hold; PATTERN
// chooses by the cell's line (`etcd 3.7.*TLS`). Kept after each cell: interrupted, it goes on where it was.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceFile } from '../../../io/replace-file.ts';
import { monotonic } from '../../host/host.ts';
import { reason } from '../../machine/lab-error.ts';
import { cells, nameOf } from './cells.ts';
import { playCell } from './play.ts';
import { holds, RESULTS, type Result, readResults } from './results.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { minutes: { type: 'string', default: '600' }, all: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const end = monotonic() + Number(values.minutes) * 60;
  const file = fileURLToPath(new URL(`../../../../${RESULTS}`, import.meta.url));
  const wanted = cells().filter((cell) => positionals.every((pattern) => new RegExp(pattern).test(nameOf(cell))));
  const isDone = (name: string) => readResults(file).some((one) => nameOf(one.cell) === name && holds(one));
  let [held, failed, left] = [0, 0, 0];
  for (const cell of wanted) {
    const name = nameOf(cell);
    if (!values.all && isDone(name)) continue;
    if (monotonic() > end) {
      left++;
      continue;
    }
    say(name);
    const directory = mkdtempSync('/var/lib/quorumgate-matrix-');
    try {
      const told = await playCell(cell, join(directory, 'lab'), say);
      const result: Result = { cell, date: new Date().toISOString().slice(0, 10), ...told };
      const others = readResults(file).filter((one) => nameOf(one.cell) !== name);
      const rank = new Map(cells().map((one, index) => [nameOf(one), index]));
      const all = [...others, result].sort((a, b) => (rank.get(nameOf(a.cell)) ?? 0) - (rank.get(nameOf(b.cell)) ?? 0));
      await replaceFile(file, `${JSON.stringify(all, null, 2)}\n`);
      if (holds(told)) held++;
      else failed++;
      say(`  ${holds(told) ? 'holds' : 'DOES NOT HOLD'}, ${told.took} s`);
    } catch (error) {
      failed++;
      say(`  not played to its end: ${reason(error)}`);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  say(`${held} cells hold, ${failed} do not, ${left} are left`);
  if (held + failed > 0) say('`npm run docs` brings docs/compatibility.md up to date');
  if (failed > 0) process.exitCode = 1;
}

await main();

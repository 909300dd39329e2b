/**
 * `npm run programs [-- PROGRAM[-VERSION]…]`: brings the programs that tests want into the lab's cache, each as upstream's
 * release is laid out, and says at its end what there is and what not. What is there, made of the same, is not made again.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { columns } from '../../../format/columns.ts';
import { layoutOf } from '../../machine/layout.ts';
import { type Made, make } from './make.ts';
import { chosen, type Row } from './rows.ts';

const say = (line: string) => {
  process.stdout.write(`${line}\n`);
};

function line(cache: string, row: Row, made: Made): string[] {
  if ('why' in made) return [row.program, row.version, made.isFailure ? 'FAILED' : 'no', '', made.why];
  const { version, from, file } = made.brought;
  const megabytes = (statSync(join(cache, file)).size / 1e6).toFixed(1);
  return [row.program, version, made.isNew ? 'new' : 'yes', megabytes, `${from}: ${file}`];
}

async function main(): Promise<void> {
  const rows = chosen(process.argv.slice(2));
  const { cache } = layoutOf();
  const lines: string[][] = [];
  let failures = 0;
  for (const row of rows) {
    const made = await make(row, { cache, say });
    lines.push(line(cache, row, made));
    if ('why' in made && made.isFailure) failures += 1;
  }
  say(`\nin ${cache}:`);
  for (const row of columns([['PROGRAM', 'VERSION', 'HAD', 'MB', 'FROM, OR WHY NOT'], ...lines])) say(row);
  if (failures > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

import path from 'node:path';
import type { OutputFile } from '../compile.ts';
import { compareOutput } from '../io/compare.ts';
import { IoError } from '../io/io-error.ts';
import { writeOutput } from '../io/write.ts';
import { untouched } from './interruptible.ts';
import { add, fileRow, isForPrograms, print } from './report.ts';

/** Writes, and prints the paths after `report`. Nothing but the end of the machine stops it half way. */
export async function write(
  directory: string,
  files: readonly OutputFile[],
  report: readonly string[],
  cluster?: string,
): Promise<void> {
  const written = await untouched(() => writeOutput(directory, files, cluster));
  add('files', rowsOf(directory, files));
  if (!isForPrograms()) print([...report, ...written].map((line) => `${line}\n`).join(''));
}

const rowsOf = (directory: string, files: readonly OutputFile[]) =>
  files.map(({ path: name, bytes }) => fileRow(path.join(directory, name), bytes));

/** A command that writes these files, and what to look out for when it is run again. */
interface Again {
  known?: readonly string[];
  spec: string;
  again: string;
  why: string;
  cluster?: string | undefined;
}

/**
 * Tells what in the output directory is not what the spec gives now.
 *
 * @param known folders of which an earlier run may have left one over
 * @param again the command that would make it so
 * @param why what to look out for then
 * @throws IoError when there is anything
 */
export async function checkOutput(
  directory: string,
  files: readonly OutputFile[],
  { known = [], spec, again, why, cluster }: Again,
): Promise<void> {
  const found = await compareOutput(directory, files, known, cluster);
  add('files', rowsOf(directory, files));
  add('differences', found);
  if (found.length === 0) return;
  if (!isForPrograms()) print(found.map(({ kind, path }) => `${kind}: ${path}\n`).join(''));
  const changed = found.filter(({ isInTheWay }) => isInTheWay).map((one) => one.path);
  const inTheWay = changed.length > 0 ? `Move away, or delete, ${changed.join(', ')}; then ` : '';
  const leftOver = found.some(({ kind }) => kind === 'left over') ? ', remove what is left over' : '';
  throw new IoError(
    `${directory} is not what ${spec} gives now: ${found.length} of its files.`,
    `${inTheWay}${inTheWay ? 'r' : 'R'}un \`${again}\`${leftOver}, and look at what changed: ${why}.`,
  );
}

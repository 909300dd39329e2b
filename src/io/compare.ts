import * as fs from 'node:fs/promises';
import path from 'node:path';
import type { OutputFile } from '../compile.ts';
import { errorCode, toIoError } from './io-error.ts';
import { changesIn, MARKER, marker } from './owned.ts';

export interface Difference {
  kind: 'missing' | 'differs' | 'left over';
  /** Begins with the output directory. */
  path: string;
  /** Somebody else wrote it, or changed it since: it has to go before anything is written. */
  isInTheWay: boolean;
}

/**
 * The differences between `dir` and what `writeOutput` would leave there, in the order of the paths. Folders that this
 * spec does not write are looked at only where `known` names them and quorumgate wrote them: an earlier spec's targets.
 *
 * @throws IoError when the disk refuses
 */
export async function compareOutput(
  dir: string,
  files: readonly OutputFile[],
  known: readonly string[] = [],
  cluster?: string,
): Promise<Difference[]> {
  const expected = new Map(files.map((file) => [file.path, file.bytes]));
  const folders = new Set(files.map((file) => folderOf(file.path)));
  for (const folder of folders) {
    const own = files.filter((file) => folderOf(file.path) === folder);
    const inside = own.map((file) => ({ ...file, path: file.path.slice(folder.length + 1) }));
    expected.set(`${folder}/${MARKER}`, marker(inside, cluster));
  }
  try {
    const stale: string[] = [];
    for (const name of known) if (!folders.has(name) && (await read(path.join(dir, name, MARKER)))) stale.push(name);
    const found = (await Promise.all([...folders, ...stale].map((folder) => filesIn(dir, folder)))).flat();
    const changed = new Map(
      await Promise.all([...folders].map(async (name) => [name, await changesIn(path.join(dir, name))] as const)),
    );
    const names = [...new Set([...expected.keys(), ...found])].sort();
    const kinds = names.map(async (name): Promise<Difference | undefined> => {
      const wanted = expected.get(name);
      const is = (kind: Difference['kind'], isInTheWay = false) => ({ kind, path: path.join(dir, name), isInTheWay });
      if (!found.includes(name)) return is('missing');
      const there = await read(path.join(dir, name));
      const folder = folderOf(name);
      const inside = name.slice(folder.length + 1);
      const isInTheWay = inside !== MARKER && (there === undefined || changed.get(folder)?.(inside, there) === true);
      if (wanted === undefined) return is('left over', isInTheWay);
      return there !== undefined && Buffer.compare(there, wanted) === 0 ? undefined : is('differs', isInTheWay);
    });
    return (await Promise.all(kinds)).filter((one) => one !== undefined);
  } catch (error) {
    throw toIoError(error, `Cannot read ${dir}`);
  }
}

const folderOf = (name: string) => name.split('/')[0] ?? '';

/** Everything below a folder that is no folder itself, relative to `dir`. */
async function filesIn(dir: string, folder: string): Promise<string[]> {
  const entries = await fs.readdir(path.join(dir, folder), { recursive: true, withFileTypes: true }).catch(absent);
  return (entries ?? [])
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}

/** A plain file's bytes; undefined where there is none. */
async function read(file: string): Promise<Buffer | undefined> {
  const stat = await fs.lstat(file).catch(absent);
  return stat?.isFile() ? fs.readFile(file) : undefined;
}

function absent(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
  throw error;
}

import * as fs from 'node:fs/promises';
import path from 'node:path';
import type { OutputFile } from '../compile.ts';
import { errorCode, IoError, toIoError } from './io-error.ts';
import { makeFolder, orNoFolders, removeEmpty } from './make-folder.ts';
import { checkOwned, MARKER, marker } from './owned.ts';

/**
 * Writes `files` under `dir`, whole or not at all. Each first part of a path (`aws` in `aws/etcd/user-data`) is a
 * folder that is replaced as one; other folders in `dir` are left alone. Everything is on disk before anything is
 * swapped, and a failing swap is undone.
 *
 * @param cluster whose files they are
 * @returns paths of the files written, in order, beginning with `dir`
 * @throws IoError when a folder holds what an earlier run did not write, or the disk refuses
 */
export async function writeOutput(dir: string, files: readonly OutputFile[], cluster?: string): Promise<string[]> {
  const folders = groups(files);
  let made: string | undefined;
  try {
    made = await makeFolder(path.resolve(dir));
    for (const name of folders.keys()) await checkOwned(path.join(dir, name), cluster);
    const temporary = await fs.mkdtemp(path.join(dir, '.quorumgate-')).catch((error: unknown) => {
      throw orNoFolders(error, dir);
    });
    try {
      for (const [name, content] of folders) await writeFolder(path.join(temporary, 'new', name), content, cluster);
    } catch (error) {
      await fs.rm(temporary, { recursive: true, force: true });
      throw error;
    }
    await swap(dir, temporary, [...folders.keys()]);
  } catch (error) {
    // Folders that this run made and left empty.
    if (made !== undefined) await removeEmpty(path.resolve(dir), path.dirname(made));
    throw toIoError(error, `Cannot write to ${dir}`);
  }
  return files.map((file) => path.join(dir, file.path)).sort();
}

/** Files by folder, with their paths inside it. A path that leads elsewhere is a bug of the caller. */
function groups(files: readonly OutputFile[]): Map<string, OutputFile[]> {
  const folders = new Map<string, OutputFile[]>();
  const seen = new Set<string>();
  for (const { path: name, bytes } of files) {
    const [folder = '', ...rest] = name.split('/');
    const isPlain = [folder, ...rest].every((part) => /^[^.\\\0][^\\\0]*$/.test(part));
    if (!isPlain || rest.length === 0 || seen.has(name)) throw new Error(`not a path for output: ${name}`);
    seen.add(name);
    folders.set(folder, [...(folders.get(folder) ?? []), { path: rest.join('/'), bytes }]);
  }
  return folders;
}

async function writeFolder(folder: string, files: readonly OutputFile[], cluster?: string) {
  const parents = new Set<string>([folder]);
  for (const file of [...files, { path: MARKER, bytes: marker(files, cluster) }]) {
    const target = path.join(folder, file.path);
    await fs.mkdir(path.dirname(target), { recursive: true });
    parents.add(path.dirname(target));
    const handle = await fs.open(target, 'wx', 0o644);
    try {
      await handle.writeFile(file.bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  for (const parent of parents) await syncFolder(parent);
}

/** Renames old folders aside and new ones in; undoes all of it when one fails. */
async function swap(dir: string, temporary: string, names: readonly string[]) {
  const undo: [from: string, to: string][] = [];
  const move = async (from: string, to: string) => {
    await fs.rename(from, to);
    undo.unshift([to, from]);
  };
  const old = path.join(temporary, 'old');
  try {
    await fs.mkdir(old, { recursive: true });
    for (const name of names) {
      if (await checkOwned(path.join(dir, name))) await move(path.join(dir, name), path.join(old, name));
      await move(path.join(temporary, 'new', name), path.join(dir, name));
    }
  } catch (error) {
    await undoAll(undo, temporary);
    await fs.rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dir);
  await fs.rm(temporary, { recursive: true, force: true });
}

async function undoAll(undo: readonly [string, string][], temporary: string) {
  for (const [from, to] of undo) {
    await fs.rename(from, to).catch((cause: unknown) => {
      const message = `Could not put back what was in ${to}; it is kept in ${temporary}.`;
      throw new IoError(message, 'Move it back by hand, and run the command again.', { cause });
    });
  }
}

/** Not every file system lets a folder be synchronized; its files are. */
export async function syncFolder(folder: string) {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

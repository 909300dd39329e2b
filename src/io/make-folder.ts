import * as fs from 'node:fs/promises';
import path from 'node:path';
import { errorCode, IoError } from './io-error.ts';

/**
 * Makes a folder with its parents, one by one: Node's own `recursive` never returns where a file system takes no
 * folders and says ENOENT, as /proc does (Node 20.20, seen 2026-11-23).
 *
 * @returns the topmost folder made; undefined when `folder` was there
 * @throws IoError or a system call's error; then nothing that was made is left
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  if (await isFolder(folder)) return undefined;
  const above = await makeFolder(path.dirname(folder));
  try {
    await fs.mkdir(folder);
  } catch (error) {
    // Another program may have made it a moment ago.
    if (errorCode(error) === 'EEXIST' && (await isFolder(folder))) return above;
    if (above !== undefined) await removeEmpty(path.dirname(folder), path.dirname(above));
    throw orNoFolders(error, path.dirname(folder));
  }
  return above ?? folder;
}

/** ENOENT about a new name in a folder that is there: a file system like /proc. */
export function orNoFolders(error: unknown, folder: string): unknown {
  if (errorCode(error) !== 'ENOENT') return error;
  const message = `Cannot make a directory in ${folder}: its file system takes none (ENOENT).`;
  return new IoError(message, 'Choose a directory on another file system.', { cause: error });
}

/** Removes `folder` and its parents below `stop` as long as they are empty. */
export async function removeEmpty(folder: string, stop: string): Promise<void> {
  for (let at = folder; at !== stop; at = path.dirname(at)) {
    const removed = await fs.rmdir(at).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

async function isFolder(name: string): Promise<boolean> {
  const stat = await fs.stat(name).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  return stat?.isDirectory() ?? false;
}

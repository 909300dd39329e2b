import * as fs from 'node:fs/promises';
import path from 'node:path';
import type { OutputFile } from '../compile.ts';
import { IoError, toIoError } from './io-error.ts';
import { MARKER } from './owned.ts';

/** Whether a path is a folder, as `compile` writes one, and not a spec. */
export async function isFolder(name: string): Promise<boolean> {
  const stat = await fs.stat(name).catch(() => undefined);
  return stat?.isDirectory() ?? false;
}

/** The files of an output folder, as `compile` has them. @throws IoError where it has written none, or the disk refuses */
export async function readOutput(folder: string): Promise<OutputFile[]> {
  try {
    const folders: string[] = [];
    for (const { name } of await fs.readdir(folder, { withFileTypes: true })) {
      const isOwn = await fs.stat(path.join(folder, name, MARKER)).catch(() => undefined);
      if (isOwn?.isFile()) folders.push(path.join(folder, name));
    }
    if (folders.length === 0) {
      const remedy = 'Name the folder that `compile -o` has written.';
      throw new IoError(`${folder} holds nothing that quorumgate has compiled.`, remedy);
    }
    const found = await Promise.all(folders.map((name) => fs.readdir(name, { recursive: true, withFileTypes: true })));
    const files = found
      .flat()
      .filter((entry) => entry.isFile() && entry.name !== MARKER)
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
    return await Promise.all(
      files.map(async (name) => ({
        path: path.relative(folder, name).split(path.sep).join('/'),
        bytes: new Uint8Array(await fs.readFile(name)),
      })),
    );
  } catch (error) {
    throw toIoError(error, `Cannot read ${folder}`);
  }
}

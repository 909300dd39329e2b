import * as fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Assets } from '../compile.ts';
import { assetsOf } from '../plan/assets.ts';
import { errorCode, IoError, toIoError } from './io-error.ts';

/**
 * Reads the files that land on hosts. Works from the source tree (units/, templates/, dist/sidekick/) and from the
 * bundle, which has copies of all three in dist/.
 *
 * @param root folder that holds `units`; found from this module when not given
 * @throws IoError when the installation is incomplete
 */
export const loadAssets = (root?: string): Promise<Assets> => new Promise((resolve) => resolve(readAll(root)));

function readAll(root?: string): Assets {
  const base = root ?? findRoot(path.dirname(fileURLToPath(import.meta.url)));
  const sidekicks = path.join(base, isDirectory(path.join(base, 'sidekick')) ? 'sidekick' : 'dist/sidekick');
  const assets = assetsOf((folder, wanted) =>
    read(folder === 'sidekick' ? sidekicks : path.join(base, folder), wanted),
  );
  if (Object.keys(assets.sidekicks).length === 0) throw notBuilt(sidekicks);
  return assets;
}

/** units/README.md: why each unit is as it is. @throws IoError when the installation is incomplete */
export function readUnitReadme(): string {
  const base = findRoot(path.dirname(fileURLToPath(import.meta.url)));
  try {
    return fs.readFileSync(path.join(base, 'units/README.md'), 'utf8');
  } catch (error) {
    throw toIoError(error, 'Cannot read the reasons of units');
  }
}

function findRoot(start: string): string {
  let unbuilt: string | undefined;
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (isDirectory(path.join(folder, 'units'))) {
      const isBuilt = ['sidekick', 'dist/sidekick'].map((name) => isDirectory(path.join(folder, name)));
      if (isBuilt.includes(true)) return folder;
      unbuilt ??= folder;
    }
    if (folder === path.dirname(folder)) break;
  }
  if (unbuilt !== undefined) throw notBuilt(path.join(unbuilt, 'dist/sidekick'));
  throw new IoError(
    `The files for hosts (units/, templates/) are in no folder above ${start}.`,
    'Install quorumgate again: its package is incomplete.',
  );
}

const notBuilt = (folder: string) =>
  new IoError(`The programs for hosts are not built: nothing in ${folder}.`, 'Run `npm run build` in the source tree.');

/**
 * The files of one folder whose names match, in the order of their names. One after the other: they are many and small, and what
 * Node does besides for a file that is waited for takes longer than to read it.
 */
function read(folder: string, pattern: RegExp): [name: string, text: string][] {
  const names = entries(folder).filter((entry) => entry.isFile() && pattern.test(entry.name));
  return names
    .map(({ name }) => name)
    .sort()
    .map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]);
}

function entries(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw toIoError(error, `Cannot read ${folder}`);
  }
}

function isDirectory(name: string): boolean {
  return fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

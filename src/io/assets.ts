import * as fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Assets } from '../compile.ts';
import { errorCode, IoError, toIoError } from './io-error.ts';

/**
 * Reads the files that land on hosts. Works from the source tree (units/, templates/, dist/sidekick/) and from the
 * bundle, which has copies of all three in dist/.
 *
 * @param root folder that holds `units`; found from this module when not given
 * @throws IoError when the installation is incomplete
 */
export async function loadAssets(root?: string): Promise<Assets> {
  const base = root ?? (await findRoot(path.dirname(fileURLToPath(import.meta.url))));
  const sidekicks = (await isDirectory(path.join(base, 'sidekick')))
    ? path.join(base, 'sidekick')
    : path.join(base, 'dist/sidekick');
  const [units, podUnits, scripts, templates, programs] = await Promise.all([
    read(path.join(base, 'units'), UNIT, ''),
    read(path.join(base, 'units/static-pod'), UNIT, ''),
    read(path.join(base, 'units/scripts'), /\.sh$/, '.sh'),
    read(path.join(base, 'templates'), /^[^.]/, ''),
    read(sidekicks, /\.cjs$/, '.cjs'),
  ]);
  if (Object.keys(programs).length === 0) throw notBuilt(sidekicks);
  const inPods = Object.entries(podUnits).map(([name, text]) => [`static-pod/${name}`, text] as const);
  return { units: { ...units, ...Object.fromEntries(inPods) }, scripts, templates, sidekicks: programs };
}

const UNIT = /\.(service|target|path|timer|socket|mount|slice)$/;

async function findRoot(start: string): Promise<string> {
  let unbuilt: string | undefined;
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (await isDirectory(path.join(folder, 'units'))) {
      const isBuilt = ['sidekick', 'dist/sidekick'].map((name) => isDirectory(path.join(folder, name)));
      if ((await Promise.all(isBuilt)).includes(true)) return folder;
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

/** The files of one folder whose names match, by name without `ending`, in the order of their names. */
async function read(folder: string, pattern: RegExp, ending: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw toIoError(error, `Cannot read ${folder}`);
  });
  const names = entries.filter((entry) => entry.isFile() && pattern.test(entry.name)).map(({ name }) => name);
  const pairs = names.sort().map(async (name) => {
    const text = await fs.readFile(path.join(folder, name), 'utf8');
    return [name.slice(0, name.length - ending.length), text] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

function isDirectory(name: string): Promise<boolean> {
  return fs.stat(name).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
}

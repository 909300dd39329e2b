import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '../../io/replace-file.ts';
import { run } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { acquireLock } from '../machine/lock.ts';
import { type Served, storeDirectory } from './program/artifacts.ts';

/** Names of what `npm run build:sea` makes, by Node's word for the machine. */
export function sidekickFile(arch = process.arch): string {
  return `etcd-sidekick-${arch}`;
}

/**
 * The single executable of this machine's kind, in the store; made first where it is missing or older than the bundle,
 * and the sources are there. `dist` is that folder, looked for if not given.
 */
export async function ensureSidekick(
  cache: string,
  say: (line: string) => void = () => {},
  signal?: AbortSignal,
  dist = distFolder(),
): Promise<Served> {
  const store = storeDirectory(cache);
  await mkdir(store, { recursive: true });
  const name = sidekickFile();
  const release = await acquireLock(join(store, `${name}.lock`), true);
  try {
    return await keep(store, name, '', (await current(dist, name)) ?? (await build(dist, name, say, signal)));
  } finally {
    await release?.();
  }
}

/** The script itself, in the store. */
export async function ensureScript(cache: string, text: string): Promise<Served> {
  const store = storeDirectory(cache);
  await mkdir(store, { recursive: true });
  return keep(store, 'etcd-sidekick', '.cjs', text);
}

/** Puts bytes into the store, whole, under a name that has their hash: hosts of an older lab go on with theirs. */
async function keep(store: string, name: string, ending: string, bytes: string | Uint8Array): Promise<Served> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const file = `${name}-${sha256.slice(0, 12)}${ending}`;
  if (!existsSync(join(store, file))) await replaceFile(join(store, file), bytes);
  return { file, sha256 };
}

/** The executable that was built before, if it holds the bundle of now. */
async function current(dist: string, name: string): Promise<Buffer | undefined> {
  const [executable, bundle] = await Promise.all(
    [`sea/${name}`, 'sidekick/etcd-sidekick.cjs'].map((file) => readFile(join(dist, file)).catch(() => undefined)),
  );
  return bundle !== undefined && executable?.includes(bundle) ? executable : undefined;
}

async function build(
  dist: string,
  name: string,
  say: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const program = join(dist, '../.ci/build-sea.mjs');
  if (existsSync(program)) {
    say(`artifact ${name}: npm run build:sea -- --arch ${process.arch} (takes a Node of 50 MB from npm, once)`);
    await run(process.execPath, [program, '--arch', process.arch], { signal });
  }
  const made = await current(dist, name);
  if (made !== undefined) return made;
  throw new LabError(
    `the sidekicks are wanted as an executable, and ${join(dist, 'sea', name)} does not hold those of this version`,
    'Run `npm run build:sea` in the source tree, or boot a spec with `sidekick: inline` on hosts that have Node.',
  );
}

/** dist/, from the source tree or from the bundle in dist/cli/. */
function distFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return join(here, basename(here) === 'cli' ? '..' : '../../../dist');
}

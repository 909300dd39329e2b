import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeSources } from '../machine/apt.ts';
import { run } from '../machine/command.ts';
import { LabError, reason } from '../machine/lab-error.ts';
import { acquireLock } from '../machine/lock.ts';
import { type ImageName, type Recipe, recipeOf, stampOf } from './image-recipe.ts';

export interface ImageOptions {
  cache: string;
  name: ImageName;
  rebuild?: boolean;
  say: (line: string) => void;
  signal?: AbortSignal | undefined;
}

export interface Image {
  name: ImageName;
  directory: string;
  resolved: boolean;
}

const TESTING = ['forky'];

/** A root of a Debian suite with these packages and what they need. */
export async function bootstrap(
  recipe: { name: string; suite: string; packages: readonly string[] },
  root: string,
  sources: string,
  options: Pick<ImageOptions, 'say' | 'signal'>,
): Promise<void> {
  const mmdebstrap = [
    'mmdebstrap',
    '--variant=apt',
    `--include=${recipe.packages.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    // The index of a Debian that is not released yet ends after a week, and a mirror may be behind. Its signature is checked.
    ...(TESTING.includes(recipe.suite) ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    '--dpkgopt=path-exclude=/usr/share/man/*',
    recipe.suite,
    root,
    sources,
  ];
  // In namespaces of its own that die with this process: no mount and no dpkg survives an interrupted build.
  const contained = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const started = Date.now();
  await run('setpriv', [...contained, ...mmdebstrap], {
    signal: options.signal,
    onLine: (line) => {
      if (!/^I: .*\.\.\.$/.test(line)) return;
      options.say(`image ${recipe.name}: ${line.slice(3)} (${Math.round((Date.now() - started) / 1000)} s)`);
    },
  });
}

async function finishImage(recipe: Recipe, root: string): Promise<void> {
  // A host's own: made at its first boot, or written by the lab.
  for (const file of ['etc/hostname', 'etc/hosts', 'etc/resolv.conf']) await rm(join(root, file), { force: true });
  await writeFile(join(root, 'etc/machine-id'), '');
  for (const [path, content] of Object.entries(recipe.files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  if (recipe.enable.length > 0) await run('systemctl', [`--root=${root}`, 'enable', ...recipe.enable]);
  await mkdir(join(root, 'var/log/journal'), { recursive: true });
  for (const path of recipe.without ?? []) await rm(join(root, path));
}

/** A lab that runs has mounted it: pulling it away would break every host. */
function inUse(directory: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(`lowerdir=${directory},`);
}

async function build(recipe: Recipe, directory: string, options: ImageOptions): Promise<void> {
  const { cache, say } = options;
  const images = dirname(directory);
  const half = join(images, `half-${recipe.name}`);
  await rm(half, { recursive: true, force: true });
  await mkdir(images, { recursive: true });
  const started = Date.now();
  say(`image ${recipe.name}: building in ${directory}, once; about a minute, 500 MB`);
  try {
    await bootstrap(recipe, half, await writeSources(join(cache, 'apt'), recipe.suite), options);
    await finishImage(recipe, half);
    await rm(directory, { recursive: true, force: true });
    await rename(half, directory);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    if (options.signal?.aborted) throw new LabError('interrupted while building the image', 'Nothing of it was kept.');
    throw new LabError(
      `building image ${recipe.name} failed: ${reason(error)}`,
      `Nothing of it was kept. ${cache} needs about 1 GB of free space, and apt's Debian archive must be reachable.`,
    );
  }
  for (const name of readdirSync(images)) {
    const old = join(images, name);
    if (name.startsWith(`${recipe.name}-`) && old !== directory && !inUse(old)) await rm(old, { recursive: true });
  }
  say(`image ${recipe.name}: ready after ${Math.round((Date.now() - started) / 1000)} s`);
}

/** The shared root of all hosts, built when there is none of the wanted recipe. */
export async function ensureImage(options: ImageOptions): Promise<Image> {
  const recipe = recipeOf(options.name);
  const directory = join(options.cache, 'images', `${recipe.name}-${stampOf(recipe)}`);
  const image = { name: recipe.name, directory, resolved: recipe.resolved };
  if (existsSync(directory) && !options.rebuild) return image;
  const file = join(options.cache, `${recipe.name}.lock`);
  let release = await acquireLock(file);
  if (release === undefined) {
    options.say(`image ${recipe.name}: waiting for another build of it`);
    release = await acquireLock(file, true);
  }
  try {
    if (options.rebuild && inUse(directory)) {
      throw new LabError(`${directory} is in use by a running lab`, 'Run `quorumgate lab down` first.');
    }
    // Another process may have built it while this one waited.
    if (!existsSync(directory) || options.rebuild) await build(recipe, directory, options);
    return image;
  } finally {
    await release?.();
  }
}

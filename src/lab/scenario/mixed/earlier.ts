import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SpecSource } from '../../compile/compile-for-lab.ts';
import type { Bootable, CompileSettings } from '../../lab.ts';
import { run } from '../../machine/command.ts';

/** The last state of the project in which a host went by the record in Consul, whoever had written it. */
const EARLIER = 'b2a8a0ebfe4296791d2743d82669730495c9741d';
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Why that state cannot be had here, if so: a shallow clone, a copy without history. */
export function withoutEarlier(): string | undefined {
  const { status } = spawnSync('git', ['-C', ROOT, 'cat-file', '-e', `${EARLIER}^{commit}`]);
  return status === 0 ? undefined : `commit ${EARLIER.slice(0, 7)} is not in this clone's history`;
}

/** The project as it was, built: what hosts that run today may have been booted from. */
export interface Earlier {
  /** Its command, for Node. */
  cli: string;
  /** Compiles a spec as it did then, for the lab. */
  bootable(options: Pick<SpecSource, 'text' | 'file'> & CompileSettings): Promise<Bootable>;
  remove(): Promise<void>;
}

interface EarlierModules {
  bootableFrom(options: SpecSource & CompileSettings): Promise<Bootable>;
  loadAssets(root: string): Promise<SpecSource['assets']>;
}

/** Takes it from the history into a temporary folder, and builds it there with this checkout's packages. */
export async function makeEarlier(): Promise<Earlier> {
  const folder = await mkdtemp(join(tmpdir(), 'quorumgate-earlier-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const archive = join(folder, 'earlier.tar');
    await run('git', ['-C', ROOT, 'archive', `--output=${archive}`, EARLIER]);
    await run('tar', ['-x', '-f', archive, '-C', folder]);
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await run(process.execPath, [join(folder, 'build.mjs'), '--ignored'], { cwd: folder });
    const load = (path: string) => import(join(folder, path)) as Promise<Partial<EarlierModules>>;
    const modules = { ...(await load('src/lab/compile-for-lab.ts')), ...(await load('src/io/assets.ts')) };
    const { bootableFrom, loadAssets } = modules as EarlierModules;
    const assets = await loadAssets(folder);
    return {
      cli: join(folder, 'dist/cli/index.mjs'),
      bootable: (options) => bootableFrom({ ...options, assets }),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

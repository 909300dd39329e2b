import { readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { run } from '../../machine/command.ts';
import type { Row } from './rows.ts';

type Arch = 'amd64' | 'arm64';

interface Shape {
  /** Name of the archive. */
  file: string;
  /** Where in it the programs are: a folder, or none. */
  folder: string;
}

/** How upstream lays out its release of a program. */
export function shapeOf({ program, version }: Pick<Row, 'program' | 'version'>, arch: Arch): Shape {
  switch (program) {
    case 'consul':
      return { file: `consul_${version}_linux_${arch}.zip`, folder: '' };
    case 'etcd': {
      const folder = `etcd-v${version}-linux-${arch}`;
      return { file: `${folder}.tar.gz`, folder };
    }
    case 'node': {
      const folder = `node-v${version}-linux-${arch === 'amd64' ? 'x64' : 'arm64'}`;
      return { file: `${folder}.tar.xz`, folder: `${folder}/bin` };
    }
    case 'kubernetes':
      return { file: `kubernetes-server-linux-${arch}-v${version}.tar.gz`, folder: 'kubernetes/server/bin' };
    // Upstream has each program by itself, and no archive.
    case 'ignition': {
      const folder = `ignition-v${version}-linux-${arch}`;
      return { file: `${folder}.tar.gz`, folder };
    }
  }
}

/** Packs every file of a folder of programs as a release, without times and owners: the same programs give the same bytes. */
export async function pack(programs: string, { file, folder }: Shape, work: string): Promise<string> {
  const names = readdirSync(programs).sort();
  const archive = join(work, file);
  for (const name of names) await chmod(join(programs, name), 0o755);
  if (file.endsWith('.zip')) {
    // The first day that the format knows, in this machine's own time; made on Unix, for anybody to run.
    const same = { mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100755 << 16 };
    const files: Zippable = {};
    for (const name of names) files[name] = [await readFile(join(programs, name)), same];
    await writeFile(archive, zipSync(files));
    return archive;
  }
  const tree = join(work, 'tree');
  await rm(tree, { recursive: true, force: true });
  await mkdir(dirname(join(tree, folder)), { recursive: true });
  await rename(programs, join(tree, folder));
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=0755'];
  // One thread, or the number of processors would show.
  const by = file.endsWith('.xz') ? 'xz -1 -T1' : 'gzip -n';
  await run('tar', ['-I', by, ...same, '-C', tree, '-cf', archive, folder.split('/')[0] ?? folder]);
  return archive;
}

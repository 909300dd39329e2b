import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface Served {
  /** Name in the store, and on the lab's HTTP server. */
  file: string;
  /** Of its bytes, 64 hex digits. */
  sha256: string;
}

/** A program for hosts, of the lab's store. */
export interface Program<Name extends string = string> extends Served {
  program: Name;
  /** Numbers with dots, as upstream names it. */
  version: string;
}

export type Artifact = Program<'consul' | 'etcd'>;

export function storeDirectory(cache: string): string {
  return join(cache, 'artifacts');
}

/** The name in the store of a file with this hash: the ending says how hosts unpack it. */
export function storedName(sha256: string, name: string): string {
  return `${sha256.slice(0, 12)}-${name.replace(/[^\w.-]/g, '_').slice(-100)}`;
}

/** SHA-256 of a file, in hex. */
export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Puts a file of the cache into the store as well, under a name with its hash: hosts of an older lab go on with theirs. */
export async function intoStore(cache: string, path: string, sha256: string): Promise<Served> {
  if (dirname(path) === storeDirectory(cache)) return { file: basename(path), sha256 };
  const file = storedName(sha256, basename(path));
  const whole = join(storeDirectory(cache), file);
  await mkdir(storeDirectory(cache), { recursive: true });
  if (!existsSync(whole)) {
    const half = `${whole}.${process.pid}.new`;
    await rm(half, { force: true });
    await link(path, half).catch(() => copyFile(path, half));
    await rename(half, whole);
  }
  return { file, sha256 };
}

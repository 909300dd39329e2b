import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bounds, FILE_BOUNDS, fetchFile } from '../../../io/release/fetch.ts';
import { ReleaseError } from '../../../io/release/release-error.ts';
import { LabError } from '../../machine/lab-error.ts';
import { acquireLock } from '../../machine/lock.ts';
import { hashOf, type Served, storeDirectory, storedName } from './artifacts.ts';

/** A server that does not begin to answer soon is as good as none: there are other programs. */
const BOUNDS: Bounds = { ...FILE_BOUNDS, first: 5000 };
/** Milliseconds. */
const RESOLVE = 1000;

export interface FetchOptions {
  cache: string;
  offline?: boolean | undefined;
  say: (line: string) => void;
  signal?: AbortSignal | undefined;
  bounds?: Bounds;
}

/** Servers that could not be reached, and why: none is tried twice by one process. */
const unreachable = new Map<string, string>();

/**
 * A program by URL in the store, under a name with its hash; fetched on this machine unless it is there.
 *
 * @throws ReleaseError when it cannot be had; LabError when what came has another hash
 */
export async function fetched(source: { url: string; sha256: string }, options: FetchOptions): Promise<Served> {
  const { cache, offline, say, signal, bounds = BOUNDS } = options;
  const { host, hostname, pathname } = new URL(source.url);
  const file = storedName(source.sha256, basename(pathname) || 'program');
  const whole = join(storeDirectory(cache), file);
  await mkdir(storeDirectory(cache), { recursive: true });
  const release = await acquireLock(`${whole}.lock`, true);
  const half = `${whole}.new`;
  try {
    if (existsSync(whole) && (await hashOf(whole)) === source.sha256) return { file, sha256: source.sha256 };
    if (offline) throw new ReleaseError('nothing is fetched with --offline', '');
    const before = unreachable.get(host);
    if (before !== undefined) throw new ReleaseError(before, '');
    await resolvable(hostname);
    say(`fetching ${source.url}`);
    const sha256 = await fetchFile(source.url, half, bounds, signal);
    if (sha256 !== source.sha256) {
      throw new LabError(
        `${source.url} has SHA-256 ${sha256}, the spec says ${source.sha256}`,
        'Hosts would not run it: put the right URL and hash into the spec.',
      );
    }
    await rename(half, whole);
    return { file, sha256 };
  } catch (error) {
    if (error instanceof ReleaseError && !offline && !/ answers \d+/.test(error.message)) {
      unreachable.set(host, error.message);
    }
    throw error;
  } finally {
    await rm(half, { force: true });
    await release?.();
  }
}

/** Asked first: what would wait for a resolver that does not answer has to be told soon. */
async function resolvable(hostname: string): Promise<void> {
  const name = hostname.replace(/^\[|\]$/g, '');
  const stop = new AbortController();
  const late = sleep(RESOLVE, false, { signal: stop.signal }).catch(() => false);
  const found = lookup(name).then(
    () => true,
    () => false,
  );
  const isThere = await Promise.race([found, late]);
  stop.abort();
  if (!isThere) throw new ReleaseError(`${hostname} cannot be resolved here`, '');
}

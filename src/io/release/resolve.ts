import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locked, LockedPrograms } from '../../spec/lock.ts';
import { unfitUrl } from '../../spec/lock.ts';
import type { Wanted } from '../../spec/locked.ts';
import { isFetchable } from '../../spec/schema/program.ts';
import type { Releases } from '../../spec/schema/release.ts';
import { toIoError } from '../io-error.ts';
import { bucketOf, findInBucket } from './bucket.ts';
import { decoded } from './decoded.ts';
import { type Bounds, FILE_BOUNDS, fetchHash, fetchText, INDEX_BOUNDS } from './fetch.ts';
import { type Found, findInJson } from './json-index.ts';
import { ReleaseError } from './release-error.ts';
import { sumOf } from './sums.ts';

export interface ResolveOptions {
  index: Releases['index'];
  /** Folder of the spec: where paths of an index start from. */
  folder: string;
  /** Take the hash of what is there now, where the index gives none. */
  hashFiles?: boolean;
  bounds?: { index: Bounds; file: Bounds };
}

export interface Resolved {
  programs: LockedPrograms;
  failures: { wanted: Wanted; error: ReleaseError }[];
}

/** Looks releases up in the spec's index, or indexes. What cannot be had is in `failures`, all of it. */
export async function resolveReleases(all: readonly Wanted[], options: ResolveOptions): Promise<Resolved> {
  const { index: indexBounds, file: fileBounds } = options.bounds ?? { index: INDEX_BOUNDS, file: FILE_BOUNDS };
  const texts = new Map<string, Promise<string>>();
  // An index is asked once for all programs.
  const get = (url: string) => {
    const text = texts.get(url) ?? fetchText(url, indexBounds);
    texts.set(url, text);
    return text;
  };

  const find = async (wanted: Wanted): Promise<Found> => {
    const index = typeof options.index === 'string' ? options.index : options.index[wanted.program];
    if (index === undefined) throw new Error(`no index for ${wanted.program}: the rules let this through`);
    const bucket = bucketOf(index);
    if (bucket !== undefined) return findInBucket(bucket, wanted, get);
    if (/^https?:/.test(index)) return findInJson(await get(index), index, wanted);
    return findInJson(await readIndex(path.resolve(options.folder, index)), index, wanted);
  };

  const lock = async (wanted: Wanted): Promise<Locked> => {
    const { url, sums, sha256 } = await find(wanted);
    const unfit = isFetchable(url) ? unfitUrl(url) : 'is not a URL that hosts can fetch';
    if (unfit !== undefined)
      throw new ReleaseError(`the URL of ${wanted.program}, ${url}, ${unfit}`, 'Repair the index.');
    const known = sha256 ?? (sums && sumOf(await get(sums), fileOf(url), sums));
    if (known === undefined && !options.hashFiles) {
      const none = sums === undefined ? 'the index gives no SHA-256 of' : `${sums} has no SHA-256 of`;
      const advice =
        'Add it to the index, or run the command with `--hash-files`: it fetches the file and locks what came.';
      throw new ReleaseError(`${none} ${url}`, advice);
    }
    const { version, arch } = wanted;
    return { version, arch, url, sha256: known ?? (await fetchHash(url, fileBounds)) };
  };

  const resolved: Resolved = { programs: {}, failures: [] };
  const ended = await Promise.allSettled(all.map(lock));
  for (const [at, wanted] of all.entries()) {
    const end = ended[at];
    if (end?.status === 'fulfilled') resolved.programs[wanted.program] = end.value;
    else if (end?.reason instanceof ReleaseError) resolved.failures.push({ wanted, error: end.reason });
    else throw end?.reason;
  }
  return resolved;
}

/** The name that a file of sums has for what is behind a URL. */
const fileOf = (url: string) => decoded(new URL(url).pathname.split('/').at(-1) ?? '');

async function readIndex(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const cause = toIoError(error, `Cannot read the index ${file}`);
    if (cause === error || !(cause instanceof Error)) throw error;
    throw new ReleaseError(
      cause.message.replace(/\.$/, ''),
      'Check `releases.index`: a path starts from the folder of the spec.',
    );
  }
}

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ReleaseError } from './release-error.ts';

/** The bounds of what a server may take. Times in milliseconds. */
export interface Bounds {
  bytes: number;
  /** Of the whole answer. */
  total: number;
  /** Without a byte. */
  idle: number;
  /** Until the answer begins, where that is shorter. */
  first?: number;
}

/** HashiCorp's index of Consul has 3 MB (2026-11). */
export const INDEX_BOUNDS: Bounds = { bytes: 64 * 1024 ** 2, total: 120_000, idle: 20_000 };
/** A single executable of the sidekicks has 100 to 150 MB. */
export const FILE_BOUNDS: Bounds = { bytes: 1024 ** 3, total: 1_800_000, idle: 60_000 };

const REDIRECTS = [301, 302, 303, 307, 308];
const CHECK = 'Check the URL in a browser or with curl, and run the command again.';

/** @throws ReleaseError when the text does not come whole, in time and within bounds */
export async function fetchText(url: string, bounds = INDEX_BOUNDS): Promise<string> {
  const chunks: Uint8Array[] = [];
  await fetchBytes(url, bounds, (chunk) => chunks.push(chunk));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new ReleaseError(`${url} is not UTF-8 text`, 'Give the URL of an index.');
  }
}

/** Writes what is behind a URL into a file; its SHA-256 in hex. What fails leaves the beginning of it there. */
export async function fetchFile(url: string, file: string, bounds = FILE_BOUNDS, stop?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  try {
    const write = async (chunk: Uint8Array) => {
      hash.update(chunk);
      await handle.writeFile(chunk);
    };
    await fetchBytes(url, bounds, write, true, stop);
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

/** The SHA-256 of what is behind a URL now, in hex. */
export async function fetchHash(url: string, bounds = FILE_BOUNDS): Promise<string> {
  const hash = createHash('sha256');
  await fetchBytes(url, bounds, (chunk) => hash.update(chunk), true);
  return hash.digest('hex');
}

/** @param raw take bytes only as the server has them: fetch undoes a Content-Encoding, curl on hosts does not */
async function fetchBytes(
  url: string,
  bounds: Bounds,
  take: (chunk: Uint8Array) => unknown,
  raw = false,
  stop?: AbortSignal,
): Promise<void> {
  const idle = new AbortController();
  const signal = AbortSignal.any([idle.signal, AbortSignal.timeout(bounds.total), ...(stop ? [stop] : [])]);
  let patience = Math.min(bounds.first ?? bounds.idle, bounds.idle);
  let timer = setTimeout(() => idle.abort(), patience);
  try {
    const response = await follow(url, signal);
    clearTimeout(timer);
    patience = bounds.idle;
    timer = setTimeout(() => idle.abort(), patience);
    const encoding = response.headers.get('content-encoding') ?? 'identity';
    if (raw && encoding !== 'identity') {
      await response.body?.cancel();
      const message = `${url} comes with Content-Encoding ${encoding}, which hosts do not undo`;
      throw new ReleaseError(message, 'Let the server send the file as it is.');
    }
    let length = 0;
    for await (const chunk of response.body ?? []) {
      timer.refresh();
      length += chunk.length;
      if (length > bounds.bytes) {
        throw new ReleaseError(`${url} has more than ${bounds.bytes} bytes`, CHECK);
      }
      await take(chunk);
    }
  } catch (error) {
    if (error instanceof ReleaseError) throw error;
    stop?.throwIfAborted();
    if (idle.signal.aborted) throw new ReleaseError(`${url}: nothing came for ${patience / 1000} s`, CHECK);
    if (signal.aborted) throw new ReleaseError(`${url} was not there whole after ${bounds.total / 1000} s`, CHECK);
    throw new ReleaseError(`${url}: ${reason(error)}`, CHECK, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Follows redirects, but from https to https only. */
async function follow(from: string, signal: AbortSignal): Promise<Response> {
  let url = new URL(from);
  for (let hop = 0; hop <= 5; hop++) {
    const response = await fetch(url, { signal, redirect: 'manual', headers: { 'accept-encoding': 'identity' } });
    if (response.ok) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    const via = url.href === from ? '' : ` (by way of ${url.origin})`;
    if (!REDIRECTS.includes(response.status) || location === null) {
      throw new ReleaseError(`${from} answers ${response.status}${via}`, CHECK);
    }
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next?.protocol !== 'https:' && !(next?.protocol === 'http:' && url.protocol === 'http:')) {
      throw new ReleaseError(`${from} redirects${via} to ${location}, which is not https`, CHECK);
    }
    url = next;
  }
  throw new ReleaseError(`${from} redirects more than five times`, CHECK);
}

/** fetch hides why behind "fetch failed". */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause ? String(cause.code) : '';
  return [cause.message || code, ...(cause.message.includes(code) || !code ? [] : [`(${code})`])].join(' ');
}

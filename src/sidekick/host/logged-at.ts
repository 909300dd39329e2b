import { closeSync, constants, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes that are read at once; a text across the border of two is found by what is kept of the first. */
const PIECE = 2 ** 22;
const KEPT = 4096;

/** The latest URL in a file behind this text; undefined where there is none before the time is over. */
function lastIn(path: string, before: string, end: number): string | undefined {
  let found: string | undefined;
  // A pipe would be waited for without end.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const piece = Buffer.alloc(KEPT + PIECE);
    for (let kept = 0; performance.now() < end; ) {
      const length = readSync(file, piece, kept, PIECE, null);
      if (length === 0) break;
      const read = piece.subarray(0, kept + length);
      const at = read.lastIndexOf(before);
      const [url] = at < 0 ? [] : read.toString('latin1', at + before.length, at + before.length + 300).split('"');
      // Cut by the border it is found whole next time.
      if (url && URL.canParse(url)) found = url;
      kept = Math.min(KEPT, read.length);
      piece.copyWithin(0, read.length - kept, read.length);
    }
  } finally {
    closeSync(file);
  }
  return found;
}

/**
 * The peer URL by which a member stands in its own log, or else in its database: etcd keeps members as JSON in both, a change of one as an
 * entry of the log (3.4.23 to 3.7.3 tried, 2026-11-30). Of several in the log the latest counts. Logs of old entries are purged; a database of 8 GB is not read to
 * its end: who waits for this may have data.
 */
export function loggedAt(dataDirectory: string, memberId: string): string | undefined {
  const end = performance.now() + 2000;
  const member = join(dataDirectory, 'member');
  const segments = readdirSync(join(member, 'wal')).filter((name) => name.endsWith('.wal'));
  const before = `{"id":${BigInt(`0x${memberId}`)},"peerURLs":["`;
  for (const path of [
    ...segments
      .sort()
      .reverse()
      .map((name) => join('wal', name)),
    'snap/db',
  ]) {
    const url = lastIn(join(member, path), before, end);
    if (url) return url;
  }
  return undefined;
}

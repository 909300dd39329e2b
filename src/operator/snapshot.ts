import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { toIoError } from '../io/io-error.ts';
import { OperatorError } from './operator-error.ts';

export interface Snapshot {
  file: string;
  bytes: number;
  /** Of the whole file, 64 hex digits. */
  sha256: string;
}

/** etcd appends the SHA-256 of the database to a snapshot. */
const TRAILER = 32;
/** A database is whole pages, and a page a multiple of this; etcd tells a snapshot from a bare database by it. */
const SECTOR = 512;

/**
 * Reads a snapshot, as a stream, and checks it by its own checksum.
 *
 * @throws IoError when it cannot be read; OperatorError when it is no snapshot or is damaged
 */
export async function readSnapshot(file: string): Promise<Snapshot> {
  try {
    const { size } = await stat(file);
    if (size <= TRAILER || size % SECTOR !== TRAILER) throw notASnapshot(file, size);
    const whole = createHash('sha256');
    const database = createHash('sha256');
    const end = size - TRAILER;
    const trailer: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      whole.update(chunk);
      const inside = Math.max(0, Math.min(chunk.length, end - bytes));
      database.update(chunk.subarray(0, inside));
      trailer.push(chunk.subarray(inside));
      bytes += chunk.length;
    }
    if (!database.digest().equals(Buffer.concat(trailer))) {
      throw new OperatorError(
        `${file} is damaged: its database does not have the checksum that etcd wrote behind it`,
        'Copy it again, or take an earlier snapshot.',
      );
    }
    return { file, bytes, sha256: whole.digest('hex') };
  } catch (error) {
    throw toIoError(error, `Cannot read ${file}`);
  }
}

function notASnapshot(file: string, size: number): OperatorError {
  if (size > 0 && size % SECTOR === 0) {
    return new OperatorError(
      `${file} is no snapshot: no checksum stands behind the database`,
      'For a member/snap/db that was copied while etcd did not run, docs/operations.md says how to make a snapshot of it.',
    );
  }
  return new OperatorError(
    `${file} is no snapshot of etcd: ${size} bytes are no database with its checksum`,
    'Give a file that `etcdctl snapshot save` has written.',
  );
}

import { closeSync, constants, type Dirent, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Data } from '../shared/ports.ts';

/**
 * The launch mark: a file in the directory of etcd's log. etcd removes that directory, with whatever is in it, at the moment
 * when it puts its first log there (wal.Create, `renameWAL`; 3.4.23, 3.5.16, 3.5.30, 3.6.16 and 3.7.3 tried 2026-11-28).
 */
export const markName = 'quorumgate-launch';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}

/** The first thing in a directory that is neither a directory nor a launch mark or its draft. */
function firstIn(directory: string): string | undefined {
  for (const entry of list(directory)) {
    const path = join(directory, entry.name);
    const found = entry.isDirectory() ? firstIn(path) : entry.name.startsWith(markName) ? undefined : path;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The fields of a protobuf message by their numbers: varints and bytes, of which alone etcd's heads consist. Throws. */
function fields(bytes: Buffer): Map<number, bigint | Buffer> {
  const found = new Map<number, bigint | Buffer>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new Error('no varint');
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const value = varint();
    if (tag % 8 === 0) found.set(tag / 8, value);
    else {
      const end = at + Number(value);
      if (tag % 8 !== 2 || end > bytes.length) throw new Error('no field');
      found.set((tag - 2) / 8, bytes.subarray(at, end));
      at = end;
    }
  }
  return found;
}

function hex(value: unknown): string {
  if (typeof value !== 'bigint' || value < 1n || value >> 64n > 0n) throw new Error('no ID');
  return value.toString(16).padStart(16, '0');
}

/** The member that a log is of, and whether anything stands in it: an entry, or a vote. */
interface Head {
  memberId: string;
  clusterId: string;
  isEmpty: boolean;
}

/**
 * The head of a segment, which names its owner: a frame with the checksum so far, then one with the metadata. A frame is its
 * length, little-endian, in 7 bytes, one byte on the padding, and a walpb.Record { 1: type, 2: crc, 3: data }, padded to 8
 * bytes. A log that etcd has only just made has one more, for a snapshot that there is not, and zeros after it (3.4.23 to 3.7.3).
 * Undefined where that is not what stands there.
 */
export function headOf(head: Buffer): Head | undefined {
  let at = 0;
  const record = (): Map<number, bigint | Buffer> => {
    const from = at + 8;
    const length = Number(head.readBigUInt64LE(at) & 0xff_ffff_ffff_ffffn);
    at = from + Math.ceil(length / 8) * 8;
    if (at > head.length) throw new Error('cut');
    return fields(head.subarray(from, from + length));
  };
  const data = (type: bigint): Buffer => {
    const found = record();
    if (found.get(1) !== type) throw new Error('another record');
    return found.get(3) as Buffer;
  };
  try {
    data(4n);
    const metadata = fields(data(1n));
    const [memberId, clusterId] = [hex(metadata.get(1)), hex(metadata.get(2))];
    let isEmpty = false;
    try {
      const snapshot = fields(data(5n));
      // A file that ends here was cut.
      isEmpty = !snapshot.get(1) && at < head.length && head.subarray(at).every((byte) => byte === 0);
    } catch {
      // A segment like any other.
    }
    return { memberId, clusterId, isEmpty };
  } catch {
    return undefined;
  }
}

function readHead(path: string): Buffer {
  const head = Buffer.alloc(4096);
  try {
    // A pipe would be waited for without end, and reads as nothing so.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return head.subarray(0, readSync(file, head));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // etcd may just have purged it.
    if (['ENOENT', 'EISDIR'].includes(codeOf(error) ?? '')) return head;
    throw error;
  }
}

/** The content of the data directory. Throws when the disk cannot be read. */
export function readData(dataDirectory: string): Data {
  const member = join(dataDirectory, 'member');
  const wal = join(member, 'wal');
  // The names that etcd takes for segments.
  const names = list(wal).flatMap(({ name }) => (/^[0-9a-f]{16}-[0-9a-f]{16}\.wal$/.test(name) ? [name] : []));
  const heads = names.flatMap((name) => headOf(readHead(join(wal, name))) ?? []);
  const owners = new Set(heads.map(({ memberId, clusterId }) => `${memberId} ${clusterId}`));
  const [head] = heads;
  if (head !== undefined && owners.size === 1) {
    const { memberId, clusterId, isEmpty } = head;
    if (!isEmpty || names.length > 1) return { state: 'log', clusterId, memberId };
    return { state: 'remains', what: `${wal}, a log in which nothing stands`, begun: { clusterId, memberId } };
  }
  const found = firstIn(member);
  if (found === undefined) return { state: 'nothing' };
  const what = found.endsWith('.wal') ? `${found}, which is no log that can be read` : found;
  return { state: 'remains', what: owners.size < 2 ? what : `${wal}, with logs of two members` };
}

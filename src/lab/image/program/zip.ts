import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

/** One file of a zip archive. */
export interface ZipFile {
  path: string;
  bytes: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const DEFLATED = 8;
/** 1980-01-01, the first day that the format knows. */
const NO_TIME = 0x00210000;
/** Made by a Unix system; a program that anybody may run. */
const UNIX = (3 << 8) | 20;
const MODE = (0o100755 << 16) >>> 0;

/** An archive of programs without times: the same files, by the same zlib, give the same bytes. At most 4 GB. */
export function printZip(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, bytes } of files) {
    const name = Buffer.from(path);
    const data = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(DEFLATED, 4);
    common.writeUInt32LE(NO_TIME, 6);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.alloc(4);
    local.writeUInt32LE(LOCAL);
    parts.push(local, common, name, data);
    const head = Buffer.alloc(6);
    head.writeUInt32LE(CENTRAL);
    head.writeUInt16LE(UNIX, 4);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(MODE, 6);
    tail.writeUInt32LE(offset, 10);
    directory.push(head, common, tail, name);
    offset += 30 + name.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** The files of an archive, stored or deflated. @throws Error where it is none, or is damaged */
export function readZip(archive: Buffer): ZipFile[] {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(END);
  const end = archive.lastIndexOf(mark);
  if (end < 0) throw new Error('not a zip archive: it has no end');
  let at = archive.readUInt32LE(end + 16);
  const files: ZipFile[] = [];
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    if (archive.readUInt32LE(at) !== CENTRAL) throw new Error('not a zip archive: its directory is damaged');
    const [method, crc, length] = [
      archive.readUInt16LE(at + 10),
      archive.readUInt32LE(at + 16),
      archive.readUInt32LE(at + 20),
    ];
    const nameLength = archive.readUInt16LE(at + 28);
    const path = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const data = archive.subarray(start, start + length);
    const bytes = method === DEFLATED ? inflateRawSync(data) : data;
    if (crc32(bytes) !== crc) throw new Error(`${path} is damaged in the archive`);
    if (!path.endsWith('/')) files.push({ path, bytes });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}

import { createTar, parseTar } from 'nanotar';

/** One file of an archive, owned by root. */
export interface TarFile {
  /** Without a leading slash; at most 99 bytes, or no old reader finds it. */
  path: string;
  mode: number;
  bytes: Uint8Array;
}

/** A POSIX archive (ustar) without times: the same files give the same bytes. */
export function printTar(files: readonly TarFile[]): Uint8Array {
  const items = files.map(({ path, mode, bytes }) => {
    if (new TextEncoder().encode(path).length > 99) throw new Error(`too long for an archive: ${path}`);
    return { name: path, data: bytes, attrs: { mode: mode.toString(8).padStart(7, '0') } };
  });
  const archive = createTar(items, { attrs: { mtime: 0, uid: 0, gid: 0, user: 'root', group: 'root' } });
  // The library fills its last record to the brim: the two empty blocks that end an archive may be missing.
  const content = files.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK, 0);
  if (archive.length >= content + 2 * BLOCK) return archive;
  const ended = new Uint8Array(archive.length + RECORD);
  ended.set(archive);
  return ended;
}

const BLOCK = 512;
const RECORD = 20 * BLOCK;

/** The files of an archive as `printTar` makes them. */
export function readTar(archive: Uint8Array): TarFile[] {
  let at = 0;
  return parseTar(archive).map(({ attrs, data }) => {
    const bytes = Uint8Array.from(data ?? []);
    // The library takes a backslash for a slash, and tar does not: names of mount units have some.
    const path = new TextDecoder().decode(archive.subarray(at, at + 100)).replace(/\0.*/s, '');
    at += BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK;
    return { path, mode: Number.parseInt(attrs?.mode ?? '', 8), bytes };
  });
}

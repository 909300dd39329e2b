import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/**
 * Puts a whole file in its place, or throws and leaves what was there; on the disk, file and directory, when this
 * returns. Only its user can read it.
 */
export function writeDurably(path: string, text: string, place: (from: string, to: string) => void = renameSync): void {
  const draft = `${path}.${process.pid}`;
  try {
    const file = openSync(draft, 'w', 0o600);
    try {
      // One call may write less than it was given, and say no error.
      for (let rest = Buffer.from(text); rest.length > 0; ) {
        const written = writeSync(file, rest);
        if (written < 1) throw new Error(`cannot write ${path}: is the disk full?`);
        rest = rest.subarray(written);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    place(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(dirname(path));
}

/** Bytes: none of the files that are written so has a tenth. */
const MOST = 2 ** 18;

/** Undefined when there is no such file; throws when it cannot be read, or is none of ours. */
export function readIfThere(path: string): string | undefined {
  try {
    const stat = statSync(path);
    // A pipe would never be read to its end.
    if (!stat.isFile()) throw new Error(`${path} is no file: delete it`);
    if (stat.size > MOST) throw new Error(`${path} has more than ${MOST} bytes: delete it`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Nothing can be put in the place of a link to nothing either.
    if (lstatSync(path, { throwIfNoEntry: false })) throw new Error(`${path} is a link to nothing: delete it`);
    return undefined;
  }
}

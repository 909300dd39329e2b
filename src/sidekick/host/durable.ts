import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
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

/** Undefined when there is no such file; throws when it cannot be read. */
export function readIfThere(path: string): string | undefined {
  try {
    // A pipe would never be read to its end.
    if (!statSync(path).isFile()) throw new Error(`${path} is no file: delete it`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

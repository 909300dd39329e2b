import { open, rm } from 'node:fs/promises';
import { errorCode, IoError, toIoError } from './io-error.ts';

/**
 * Writes a file that is not there yet, for its owner alone unless `mode` says otherwise; on the disk when this returns.
 *
 * @throws IoError when something is there already, or nothing can be
 */
export async function writeNewFile(file: string, text: string | Buffer, mode = 0o600): Promise<void> {
  try {
    const handle = await open(file, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw toIoError(error, `Cannot write ${file}`);
    throw new IoError(`${file} is there already, and is not overwritten.`, 'Name a file that is not there yet.', {
      cause: error,
    });
  }
}

/**
 * The first bytes of a file: one more than `most`, where it has more.
 *
 * @throws IoError when it cannot be read
 */
export async function readSmallFile(file: string, most: number): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(most + 1), 0, most + 1, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toIoError(error, `Cannot read ${file}`);
  }
}

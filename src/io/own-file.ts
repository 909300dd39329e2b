import { open } from 'node:fs/promises';
import { errorCode, IoError, toIoError } from './io-error.ts';
import { replaceFile } from './replace-file.ts';

async function beginningOf(file: string, length: number): Promise<string | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw toIoError(error, `Cannot write ${file}`);
  }
}

/**
 * Writes a text that begins with `mark`, whole or not at all, where there is no file or one that begins so too.
 *
 * @param what it is, in an error: `boot report`
 * @throws IoError when something else is there, or nothing can be written
 */
export async function writeOwnFile(file: string, text: string, mark: string, what: string): Promise<void> {
  const there = await beginningOf(file, Buffer.byteLength(mark));
  if (there !== undefined && there !== mark) {
    throw new IoError(
      `${file} is there already, and is no ${what}: it is not overwritten.`,
      'Name another file with `-o`.',
    );
  }
  await replaceFile(file, text);
}

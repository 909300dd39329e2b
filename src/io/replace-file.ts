import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { toIoError } from './io-error.ts';
import { syncFolder } from './write.ts';

/**
 * Puts `content` in the place of a file, whole or not at all, whoever else does so at the same moment.
 *
 * @throws IoError when the disk refuses
 */
export async function replaceFile(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomUUID()}`);
  try {
    const handle = await fs.open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
    await syncFolder(folder);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw toIoError(error, `Cannot write ${file}`);
  }
}

import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import type { OutputFile } from '../compile.ts';
import { errorCode, IoError } from './io-error.ts';

/** Lists what was written, in the form of `sha256sum`, so that `sha256sum -c .quorumgate` checks it. */
export const MARKER = '.quorumgate';

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** @param cluster whose files they are; a comment to sha256sum */
export function marker(files: readonly OutputFile[], cluster?: string): Uint8Array {
  const lines = files.map((file) => `${hash(file.bytes)}  ${file.path}\n`);
  return new TextEncoder().encode((cluster === undefined ? '' : `# cluster ${cluster}\n`) + lines.sort().join(''));
}

/**
 * Makes sure that replacing `folder` loses nothing: it is missing, or holds only what an earlier run wrote, unchanged.
 *
 * @param cluster whose files are to take its place; another cluster's are not replaced
 * @returns whether the folder exists
 * @throws IoError when something else is there
 */
export async function checkOwned(folder: string, cluster?: string): Promise<boolean> {
  const stat = await fs.lstat(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (stat === undefined) return false;
  if (!stat.isDirectory()) throw refusal(`${folder} is in the way: it is not a directory.`);
  const { written, of } = await readMarker(folder);
  if (of !== undefined && cluster !== undefined && of !== cluster)
    throw refusal(`${folder} holds the files of cluster ${of}, and these are of ${cluster}.`);
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).split(path.sep).join('/');
    if (entry.isDirectory() || name === MARKER) continue;
    const known = written.get(name);
    if (known === undefined || !entry.isFile()) throw refusal(`${file} was not written by quorumgate.`);
    if (hash(await fs.readFile(file)) !== known) throw refusal(`${file} was changed since quorumgate wrote it.`);
  }
  return true;
}

const refusal = (message: string) =>
  new IoError(`${message} Nothing was replaced.`, 'Move it away (or delete it), or choose another output directory.');

/** Whether the bytes of a file are not those that quorumgate has written there: a question for each file of a folder. */
export async function changesIn(folder: string): Promise<(name: string, bytes: Uint8Array) => boolean> {
  const { written } = await readMarker(folder);
  return (name, bytes) => written.get(name) !== hash(bytes);
}

async function readMarker(folder: string): Promise<{ written: Map<string, string>; of: string | undefined }> {
  const text = await fs.readFile(path.join(folder, MARKER), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const lines = [...text.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)];
  const [, of] = /^# cluster (.+)$/m.exec(text) ?? [];
  return { written: new Map(lines.map(([, sum = '', name = '']) => [name, sum])), of };
}

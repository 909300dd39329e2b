import { closeSync, openSync, readSync } from 'node:fs';
import type { LockFile } from '../compile.ts';
import { diagnose } from '../diagnostic/diagnose.ts';
import type { Diagnostic, Place } from '../diagnostic/diagnostic.ts';
import { toSource } from '../spec/source.ts';
import { SIZE_LIMIT } from '../spec/yaml.ts';
import { errorCode, toIoError } from './io-error.ts';

export type Input =
  | { file: string; text: string; lock: LockFile | undefined }
  | { file: string; diagnostic: Diagnostic };

/**
 * Reads the spec from a file, and the lock file beside it, or from standard input for `-`. Reads one byte more than a spec may have and no further:
 * the reader of the spec refuses it by its size. Never throws for what a user may give.
 */
export async function readInput(spec: string): Promise<Input> {
  const file = spec === '-' ? '<stdin>' : spec;
  const refused = (code: 'spec-unreadable' | 'spec-not-utf8', message: string, place?: Place): Input => ({
    file,
    diagnostic: diagnose(code, { message, pointer: '', place }),
  });
  let bytes: Uint8Array;
  try {
    bytes = spec === '-' ? await firstBytes(process.stdin) : await fromFile(spec);
  } catch (error) {
    const cause = toIoError(error, `Cannot read ${file}`);
    if (cause === error || !(cause instanceof Error)) throw error;
    return refused('spec-unreadable', cause.message);
  }
  try {
    return { file, text: decode(bytes), lock: spec === '-' ? undefined : await readLockFile(lockBeside(spec)) };
  } catch {
    const isUtf16 = /^(\xff\xfe|\xfe\xff)/.test(String.fromCharCode(...bytes.subarray(0, 2)));
    if (isUtf16) return refused('spec-not-utf8', `${file} is UTF-16 text.`);
    return refused('spec-not-utf8', `${file} is not UTF-8 text from here on.`, firstBad(bytes, file));
  }
}

/** `cluster.yaml` -> `cluster.lock.yaml`. */
function lockBeside(spec: string): string {
  return `${spec.replace(/\.ya?ml$/i, '')}.lock.yaml`;
}

/** Never throws for what a user may have there. */
async function readLockFile(file: string): Promise<LockFile> {
  let bytes: Uint8Array;
  try {
    bytes = await fromFile(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return { file };
    const cause = toIoError(error, `Cannot read ${file}`);
    if (cause === error || !(cause instanceof Error)) throw error;
    return { file, unreadable: cause.message };
  }
  try {
    return { file, text: decode(bytes) };
  } catch {
    return { file, unreadable: `${file} is not UTF-8 text.` };
  }
}

/** @throws TypeError for what is not UTF-8 */
function decode(bytes: Uint8Array): string {
  const isWhole = bytes.length <= SIZE_LIMIT;
  return new TextDecoder('utf-8', { fatal: isWhole, ignoreBOM: true }).decode(bytes);
}

/** The place of the first byte that is no UTF-8: what decodes to U+FFFD and is not its encoding. */
function firstBad(bytes: Uint8Array, file: string): Place | undefined {
  const text = new TextDecoder('utf-8').decode(bytes);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let from = 0;
  let offset = hasMark ? 3 : 0;
  for (const { index } of text.matchAll(/\u{fffd}/gu)) {
    offset += Buffer.byteLength(text.slice(from, index));
    if (Buffer.compare(bytes.subarray(offset, offset + 3), Buffer.from('\u{fffd}')) !== 0) {
      return toSource(text, file).at(index, index + 1);
    }
    from = index;
  }
  return undefined;
}

/** One after the other, and without a stream: to make one, or a pool of threads, takes longer than to read a spec. */
async function fromFile(name: string): Promise<Uint8Array> {
  const file = openSync(name, 'r');
  try {
    return await firstBytes(chunksOf(file));
  } finally {
    closeSync(file);
  }
}

function* chunksOf(file: number): Generator<Uint8Array> {
  for (;;) {
    const buffer = Buffer.alloc(16_384);
    const length = readSync(file, buffer);
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}

async function firstBytes(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > SIZE_LIMIT) break;
  }
  return Buffer.concat(chunks);
}

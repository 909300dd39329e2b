import { sha256, sha512 } from '../format/hash.ts';
import type { Spec } from '../spec/defaults.ts';
import type { OutputFile, Upload } from './target.ts';

/** A part that does not fit, as a file that hosts fetch. */
export interface Uploaded extends Upload {
  file: OutputFile;
  /** Hex digits. */
  sha256: string;
  sha512: string;
}

/** The place of uploads, where the spec names one, and the way there. */
export type Fetched = Pick<Spec, 'documents' | 'environment'>;

/** The name holds the content's hash: what hosts of an earlier output refer to is never written over. */
export function uploadTo(baseUrl: string, folder: string, ending: string, bytes: Uint8Array): Uploaded {
  const hash = sha256(bytes);
  const name = `${folder.split('/').at(-1)}-${hash.slice(0, 12)}.${ending}`;
  const path = `${folder}/upload/${name}`;
  return {
    path,
    url: `${baseUrl.replace(/\/$/, '')}/${name}`,
    file: { path, bytes },
    sha256: hash,
    sha512: sha512(bytes),
  };
}

/** The bytes behind a URL once the uploads of an output are where they belong. Throws when the hash is another. */
export function fetchUpload(outputs: readonly OutputFile[], url: string, hash: string): Uint8Array {
  const found = outputs.find(({ path }) => path.includes('/upload/') && url.endsWith(path.replace(/^.*\/upload/, '')));
  if (found === undefined) throw new Error(`${url}: not among the uploads`);
  const actual = hash.length === 64 ? sha256(found.bytes) : sha512(found.bytes);
  if (actual !== hash) throw new Error(`${url}: hash ${actual}, not ${hash}`);
  return found.bytes;
}

import { gzip as deflate } from 'pako';

/** The same bytes under every version of Node: the compressor is our own dependency, which stamps no time. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return deflate(bytes, { level: 9, memLevel: 9 });
}

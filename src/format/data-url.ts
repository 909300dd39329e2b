import { ungzip } from 'pako';

/** Bytes written into a `data:` URL (RFC 2397) as Ignition reads them. */
export interface DataUrl {
  source: string;
  /** Stands beside the URL, not in it; legal with `data:` from spec 3.1 on. */
  compression?: 'gzip';
}

/**
 * Percent-encoded text. What stays as it is: RFC 2396's unreserved and reserved characters, but for those that begin
 * another part of a URL. A `+` is a plus sign: a data URL is no form.
 */
function plain(bytes: Uint8Array): string {
  let text = 'data:,';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += /[A-Za-z0-9\-_.!~*'()/:=@;,+$]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

export function base64(bytes: Uint8Array): string {
  let binary = '';
  // As many at once as a call takes arguments anywhere.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** The shortest legal form; of two as long the one easier to read. */
export function shortestDataUrl(bytes: Uint8Array, gzip?: (bytes: Uint8Array) => Uint8Array): DataUrl {
  const forms: DataUrl[] = [{ source: plain(bytes) }, { source: `data:;base64,${base64(bytes)}` }];
  if (gzip !== undefined) forms.push({ source: `data:;base64,${base64(gzip(bytes))}`, compression: 'gzip' });
  const cost = ({ source, compression }: DataUrl) => source.length + (compression === undefined ? 0 : GZIP_KEY);
  return forms.reduce((best, form) => (cost(form) < cost(best) ? form : best));
}

/** For a document that is compressed as a whole: its text must stay alike. */
export function plainDataUrl(bytes: Uint8Array): DataUrl {
  return { source: plain(bytes) };
}

const GZIP_KEY = ',"compression":"gzip"'.length;

/** The bytes in a data URL. Throws on what a reader refuses. */
export function readDataUrl({ source, compression }: { source: string; compression?: string }): Uint8Array {
  const [, mark, data] = /^data:(;base64)?,([A-Za-z0-9\-_.!~*'()/:=@;,+$%]*)$/.exec(source) ?? [];
  if (data === undefined) throw new Error(`not a data URL: ${source.slice(0, 60)}`);
  if (mark !== undefined && !/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(data)) {
    throw new Error(`not base64: ${data.slice(0, 60)}`);
  }
  const bytes = mark === undefined ? fromEscapes(data) : fromBinary(atob(data));
  if (compression === undefined) return bytes;
  if (compression !== 'gzip') throw new Error(`unknown compression: ${compression}`);
  return ungzip(bytes);
}

function fromBinary(binary: string): Uint8Array {
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function fromEscapes(text: string): Uint8Array {
  const binary = text.replace(/%([0-9A-Fa-f]{0,2})/g, (whole, hex: string) => {
    if (hex.length !== 2) throw new Error(`not an escape: ${whole}`);
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
  return fromBinary(binary);
}

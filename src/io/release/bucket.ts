import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Wanted } from '../../spec/locked.ts';
import { strangeEnding } from '../../spec/rule/program.ts';
import { decoded } from './decoded.ts';
import type { Found } from './json-index.ts';
import { ReleaseError } from './release-error.ts';

/** An S3-style bucket whose keys are `PREFIX/PROGRAM/VERSION/FILE`, with a file of sums beside each file. */
export interface Bucket {
  /** The listing (ListObjectsV2), without what is asked for. */
  listing: URL;
  /** Empty, or with `/` at its end. */
  prefix: string;
}

/** Characters. A page has a thousand keys at most, of a kilobyte each. */
const PAGE = 4 * 1024 ** 2;

/** More pages than a version's folder can have: the server gives the same one again and again. */
const PAGES = 20;

/** The bucket that an index names, as `s3://BUCKET/PREFIX` or as the URL of its listing; undefined for any other index. */
export function bucketOf(index: string): Bucket | undefined {
  const [, bucket, path = ''] = /^s3:\/\/([^/?#]+)(?:\/([^?#]*))?$/.exec(index) ?? [];
  if (bucket !== undefined) {
    // A certificate for `*.s3.amazonaws.com` holds for one label only.
    const host = bucket.includes('.') ? `s3.amazonaws.com/${bucket}` : `${bucket}.s3.amazonaws.com`;
    return { listing: new URL(`https://${host}?list-type=2`), prefix: folder(decoded(path)) };
  }
  const listing = /^https?:/.test(index) && URL.canParse(index) ? new URL(index) : undefined;
  if (listing?.searchParams.get('list-type') !== '2') return undefined;
  return { listing, prefix: folder(listing.searchParams.get('prefix') ?? '') };
}

const folder = (path: string) => (path === '' || path.endsWith('/') ? path : `${path}/`);

/** Finds a release among the keys of a bucket. @throws ReleaseError when it is not there, or not clearly */
export async function findInBucket(
  { listing, prefix }: Bucket,
  wanted: Wanted,
  get: (url: string) => Promise<string>,
): Promise<Found> {
  const { program, version, arch } = wanted;
  const place = `${prefix}${program}/${version}/`;
  const keys = await list(listing, place, get);
  const names = keys.filter((key) => key.startsWith(place)).map((key) => key.slice(place.length));
  const files = names.filter((name) => isFor(name, arch));
  const [file, ...others] = files;
  const url = (name: string) => {
    const path = `${place}${name}`.split('/').map(encodeURIComponent).join('/');
    return `${listing.origin}${listing.pathname.replace(/\/$/, '')}/${path}`;
  };
  if (file === undefined || others.length > 0) {
    const there = (file === undefined ? names : files).slice(0, 5).join(', ') || 'nothing';
    const message = `${listing.origin} has ${file === undefined ? 'no file' : `${files.length} files`} for ${arch} under ${place}: there is ${there}`;
    throw new ReleaseError(message, 'Upload one file for each architecture, with `amd64` or `arm64` in its name.');
  }
  const sums = ['SHA256SUMS', `${program}_${version}_SHA256SUMS`, 'SHASUMS256.txt'].find((name) =>
    names.includes(name),
  );
  return { url: url(file), sums: sums && url(sums) };
}

const ARCHITECTURES = { amd64: /^(amd64|x64)$/i, arm64: /^(arm64|aarch64)$/i };
const OTHER_SYSTEMS = /^(darwin|macos|osx|win|windows|freebsd|openbsd|netbsd|solaris|sunos|illumos|aix|plan9)$/i;

/** Whether a file's name says that it is for this architecture, and nothing that hosts could not use. */
function isFor(name: string, arch: Wanted['arch']): boolean {
  const words = name.replaceAll(/x86_64/gi, 'amd64').split(/[^A-Za-z0-9]/);
  const isProgram = strangeEnding(name) === undefined && !/\.(sig|asc|pem|txt|json|sha\d+)$/i.test(name);
  return (
    isProgram &&
    !name.includes('/') &&
    words.some((word) => ARCHITECTURES[arch].test(word)) &&
    !words.some((word) => OTHER_SYSTEMS.test(word))
  );
}

async function list(listing: URL, prefix: string, get: (url: string) => Promise<string>): Promise<string[]> {
  const url = new URL(listing);
  url.searchParams.set('prefix', prefix);
  const keys: string[] = [];
  for (let page = 0; page < PAGES; page++) {
    const { contents, next } = readListing(await get(url.href), listing.origin);
    keys.push(...contents);
    if (next === undefined) return keys;
    url.searchParams.set('continuation-token', next);
  }
  throw new ReleaseError(
    `${listing.origin} lists more than ${PAGES} pages under ${prefix}`,
    'Remove what is not a release.',
  );
}

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  // Characters by their number, too.
  htmlEntities: true,
  isArray: (name) => name === 'Contents',
});

/** The parser minds how deep things are by an exception of its own. */
function parsed(xml: string, refuse: (why: string) => ReleaseError): { ListBucketResult?: unknown } {
  try {
    return parser.parse(xml) as { ListBucketResult?: unknown };
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

/** One page of a listing (ListObjectsV2): its keys, and the token of the next page. */
export function readListing(xml: string, where: string): { contents: string[]; next: string | undefined } {
  const refuse = (why: string) =>
    new ReleaseError(`${where} gives no listing of a bucket: ${why}`, 'Give the URL of an S3-style listing.');
  if (xml.length > PAGE) throw refuse(`a page has more than ${PAGE} characters`);
  // Entities of its own are nothing that a listing has.
  if (/<!DOCTYPE/i.test(xml)) throw refuse('it declares a document type');
  const valid = XMLValidator.validate(xml);
  if (valid !== true) throw refuse(`line ${valid.err.line}: ${valid.err.msg}`);
  const { ListBucketResult: result } = parsed(xml, refuse);
  if (typeof result !== 'object' || result === null) throw refuse('there is no `ListBucketResult`');
  const { Contents, IsTruncated, NextContinuationToken, EncodingType } = result as {
    Contents?: { Key?: unknown }[];
    IsTruncated?: unknown;
    NextContinuationToken?: unknown;
    EncodingType?: unknown;
  };
  const contents = (Contents ?? []).map(({ Key }) => {
    if (typeof Key !== 'string') throw refuse('an entry has no `Key`');
    return EncodingType === 'url' ? decoded(Key.replaceAll('+', ' ')) : Key;
  });
  if (IsTruncated !== 'true') return { contents, next: undefined };
  if (typeof NextContinuationToken !== 'string') throw refuse('it is cut, and has no token for the rest');
  return { contents, next: NextContinuationToken };
}

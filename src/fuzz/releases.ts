import fc from 'fast-check';
import { type Bucket, bucketOf, findInBucket } from '../io/release/bucket.ts';
import { findInJson } from '../io/release/json-index.ts';
import { ReleaseError } from '../io/release/release-error.ts';
import { sumOf } from '../io/release/sums.ts';
import { type Answer, answersLike } from '../sidekick/fuzz/answers.ts';
import type { Wanted } from '../spec/locked.ts';

const wanted: Wanted = { program: 'consul', version: '1.14.11', arch: 'amd64', pointer: '' };
const where = 'https://releases.example/consul/index.json';
const build = {
  name: 'consul',
  version: '1.14.11',
  os: 'linux',
  arch: 'amd64',
  filename: 'consul_1.14.11_linux_amd64.zip',
};
const url = 'https://releases.example/consul_1.14.11_linux_amd64.zip';
const own = {
  format: 1,
  releases: [{ program: 'consul', version: '1.14.11', arch: 'amd64', url, sha256: 'ab'.repeat(32) }],
};
const hashicorp = {
  name: 'consul',
  versions: {
    '1.14.11': {
      name: 'consul',
      version: '1.14.11',
      shasums: 'consul_1.14.11_SHA256SUMS',
      builds: [{ ...build, url }],
    },
  },
};
const keys = ['consul/1.14.11/consul_linux_amd64.zip', 'consul/1.14.11/SHA256SUMS'];
const listing = `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>
${keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('')}</ListBucketResult>`;
const bucket = bucketOf('https://b.example/?list-type=2') as Bucket;

/** Answers that a release index may give, and what is made of each. */
const LOOKUPS: Record<string, { truth: unknown; find(text: string): unknown }> = {
  'an index': { truth: own, find: (text) => findInJson(text, where, wanted) },
  "HashiCorp's index": { truth: hashicorp, find: (text) => findInJson(text, where, wanted) },
  'a bucket': { truth: listing, find: (text) => findInBucket(bucket, wanted, () => Promise.resolve(text)) },
  'a file of sums': { truth: `${'ab'.repeat(32)}  consul.zip\n`, find: (text) => sumOf(text, 'consul.zip', where) },
};
export const LOOKUP_NAMES = Object.keys(LOOKUPS);

async function wrongBy(name: string, { body }: Answer): Promise<string | undefined> {
  const { find } = LOOKUPS[name] ?? {};
  try {
    const found = await find?.(Buffer.from(body).toString('utf8'));
    if (found === undefined || typeof found === 'string') return undefined;
    return URL.canParse((found as { url: string }).url) ? undefined : `finds ${JSON.stringify(found)}`;
  } catch (error) {
    const isFault = error instanceof ReleaseError && error.message.length <= 2000;
    return isFault ? undefined : String((error as Error).stack).slice(0, 1000);
  }
}

/** Generated answers to one look-up of a release, until one is not borne. */
export async function findWrong(name: string, count: number, seed: number): Promise<string | undefined> {
  const property = fc.asyncProperty(answersLike(LOOKUPS[name]?.truth), async (answer) => {
    return (await wrongBy(name, answer)) === undefined;
  });
  const { failed, counterexample } = await fc.check(property, { numRuns: count, seed });
  if (!failed) return undefined;
  const [answer] = counterexample as [Answer];
  return `${name}, seed ${seed}: ${await wrongBy(name, answer)}\nto ${Buffer.from(answer.body).toString('latin1').slice(0, 500)}`;
}

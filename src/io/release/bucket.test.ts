import test from 'ava';
import type { Wanted } from '../../spec/locked.ts';
import { type Bucket, bucketOf, findInBucket, readListing } from './bucket.ts';
import { ReleaseError } from './release-error.ts';

const wanted: Wanted = { program: 'sidekick', version: '0.1.0', arch: 'amd64', pointer: '' };

test('a bucket by s3:// and by the URL of its listing; nothing else is one', (t) => {
  const shown = (index: string) => {
    const bucket = bucketOf(index);
    return bucket && `${bucket.listing.href} ${bucket.prefix}`;
  };
  t.is(shown('s3://my-bucket/releases/a%20b'), 'https://my-bucket.s3.amazonaws.com/?list-type=2 releases/a b/');
  t.is(shown('s3://my-bucket'), 'https://my-bucket.s3.amazonaws.com/?list-type=2 ');
  t.is(shown('s3://my.bucket/a/'), 'https://s3.amazonaws.com/my.bucket?list-type=2 a/');
  t.regex(shown('http://127.0.0.1:9000/b?prefix=x&list-type=2') ?? '', /^http:\/\/127\.0\.0\.1:9000\/b\?.* x\/$/);
  for (const index of [
    'https://example.com/index.json',
    'a.json',
    'https://x/?list-type=1',
    's3://',
    'https://[?list-type=2',
  ]) {
    t.is(bucketOf(index), undefined, index);
  }
});

const page = (keys: string[], next?: string) => `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix/><KeyCount>${keys.length}</KeyCount>
<IsTruncated>${next !== undefined}</IsTruncated>${next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}
${keys.map((key) => `<Contents><Key>${key}</Key><LastModified>2026-11-25T00:00:00.000Z</LastModified><ETag>&quot;d41d&quot;</ETag><Size>1</Size></Contents>`).join('')}</ListBucketResult>`;

const bucket = (index = 'https://b.example/?list-type=2&prefix=r') => bucketOf(index) as Bucket;

/** Answers in turn; notes what is asked. */
function server(...pages: string[]) {
  const asked: URL[] = [];
  return {
    asked,
    get: (url: string) => {
      asked.push(new URL(url));
      return Promise.resolve(pages[asked.length - 1] ?? '');
    },
  };
}

const folder = (...names: string[]) => names.map((name) => `r/sidekick/0.1.0/${name}`);
const found = async (names: string[], what = wanted) =>
  findInBucket(bucket(), what, server(page(folder(...names))).get);

test('the file for the architecture, among files for others, with the sums beside it', async (t) => {
  const names = [
    'SHA256SUMS',
    'SHA256SUMS.sig',
    'etcd-sidekick-arm64',
    'etcd-sidekick-x64',
    'etcd-sidekick-x64.sig',
    'etcd-sidekick-darwin-x64',
    'x64/etcd-sidekick',
    'a-x64.deb',
  ];
  const base = 'https://b.example/r/sidekick/0.1.0';
  t.deepEqual(await found(names), { url: `${base}/etcd-sidekick-x64`, sums: `${base}/SHA256SUMS` });
  t.is((await found(names, { ...wanted, arch: 'arm64' })).url, `${base}/etcd-sidekick-arm64`);
  t.deepEqual(await found(['etcd_linux_x86_64.tar.gz']), { url: `${base}/etcd_linux_x86_64.tar.gz`, sums: undefined });
});

test("names of sums that others use: HashiCorp's, Node's", async (t) => {
  t.regex((await found(['a_amd64.zip', 'sidekick_0.1.0_SHA256SUMS'])).sums ?? '', /\/sidekick_0\.1\.0_SHA256SUMS$/);
  t.regex((await found(['a-x64.tar.xz', 'SHASUMS256.txt'])).sums ?? '', /\/SHASUMS256\.txt$/);
});

test('no file, and several', async (t) => {
  const error = await t.throwsAsync(found(['etcd-sidekick-arm64']), { instanceOf: ReleaseError });
  t.is(error?.message, 'https://b.example has no file for amd64 under r/sidekick/0.1.0/: there is etcd-sidekick-arm64');
  await t.throwsAsync(found([]), { message: /: there is nothing$/ });
  await t.throwsAsync(found(['a-x64', 'b-amd64.zip']), {
    message: /has 2 files for amd64 .*: there is a-x64, b-amd64\.zip$/,
  });
});

test('a listing in two pages, its token with entities; only what is under the version is asked for', async (t) => {
  const { asked, get } = server(
    page(folder('README'), '1/a&amp;b+c=='),
    page(folder('a&amp;b &lt;&#120;64&gt;+c-amd64')),
  );
  const { url } = await findInBucket(bucket(), wanted, get);
  t.is(url, 'https://b.example/r/sidekick/0.1.0/a%26b%20%3Cx64%3E%2Bc-amd64');
  t.deepEqual(
    asked.map(({ searchParams }) => searchParams.get('prefix')),
    ['r/sidekick/0.1.0/', 'r/sidekick/0.1.0/'],
  );
  t.deepEqual(
    asked.map(({ searchParams }) => searchParams.get('continuation-token')),
    [null, '1/a&b+c=='],
  );
});

test('a path-style bucket keeps its path; keys that came encoded are decoded', async (t) => {
  const xml = page(['sidekick/0.1.0/a%2Bb+x64']).replace('<Name>', '<EncodingType>url</EncodingType><Name>');
  const { url } = await findInBucket(bucket('http://127.0.0.1:9/b/?list-type=2'), wanted, server(xml).get);
  t.is(url, 'http://127.0.0.1:9/b/sidekick/0.1.0/a%2Bb%20x64');
});

test('a server that never comes to an end', async (t) => {
  const pages = Array.from({ length: 50 }, () => page(folder('a-x64'), 'same'));
  await t.throwsAsync(findInBucket(bucket(), wanted, server(...pages).get), { message: /more than 20 pages/ });
});

for (const [what, xml, expected] of [
  ['HTML', '<html><body>Sign in<br></body></html>', /gives no listing of a bucket: line 1: /],
  ['no XML', 'garbage', /no listing/],
  ['nothing', '', /no listing/],
  ['an error', '<Error><Code>AccessDenied</Code></Error>', /there is no `ListBucketResult`/],
  ['a cut answer', page(['a']).slice(0, -30), /no listing/],
  ['entities of its own', `<!DOCTYPE x [<!ENTITY a "b">]>${page(['&a;'])}`, /declares a document type/],
  ['a cut listing without a token', page([]).replace('false', 'true'), /no token for the rest/],
  ['an entry without a key', page(['x']).replace('<Key>x</Key>', ''), /an entry has no `Key`/],
] as const) {
  test(`refused as a listing: ${what}`, (t) => {
    t.throws(() => readListing(xml, 'https://b.example'), { instanceOf: ReleaseError, message: expected });
  });
}

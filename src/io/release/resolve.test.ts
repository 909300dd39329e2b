import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { Wanted } from '../../spec/locked.ts';
import { answerFaulty, FAULTS, type Fault } from '../../testing/faulty-answer.ts';
import { type Loopback, serveLoopback } from '../../testing/loopback.ts';
import { type ResolveOptions, resolveReleases } from './resolve.ts';

// Releases from a real server on loopback, well and faulty.
const etcd: Wanted = { program: 'etcd', version: '3.5.16', arch: 'amd64', pointer: '/etcd/version' };
const socat: Wanted = { program: 'socat', version: '1.8.0.3', arch: 'amd64', pointer: '/releases/versions/socat' };
const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-resolve-'));
const sha256 = 'ab'.repeat(32);
const bytes = 'the bytes';
const hash = createHash('sha256').update(bytes).digest('hex');
const bounds = { bytes: 100_000, total: 60_000, idle: 60_000 };

const index = (...releases: object[]) => JSON.stringify({ format: 1, releases });
const anyVersion = { program: 'etcd', arch: 'amd64', url: 'etcd-{version}.tar.gz' };
const release = (program: string, version: string) => ({
  program,
  version,
  arch: 'amd64',
  url: `https://example.com/${program}.tar.gz`,
  sha256,
});
const key = 'r/etcd/3.5.16/etcd-linux-amd64.tar.gz';
const entries = [key, 'r/etcd/3.5.16/SHA256SUMS'].map((one) => `<Contents><Key>${one}</Key></Contents>`).join('');
const served: Record<string, string> = {
  '/both.json': index(release('etcd', '3.5.16'), release('socat', '1.8.0.3')),
  '/sums.json': index({ ...anyVersion, sums: 'SHA256SUMS' }),
  '/SHA256SUMS': `${hash.toUpperCase()} *etcd-3.5.16.tar.gz\n`,
  '/other-sums.json': index({ ...anyVersion, sums: 'b/SHA256SUMS' }),
  '/b/SHA256SUMS': `${sha256}  etcd-3.5.15.tar.gz\n`,
  '/bare.json': index(anyVersion),
  '/etcd-3.5.16.tar.gz': bytes,
  '/secret.json': index({ ...release('etcd', '3.5.16'), url: 'https://me:secret@example.com/etcd.tar.gz' }),
  '/package.json': index({ ...release('etcd', '3.5.16'), url: 'etcd.rpm' }),
  '/ftp.json': index({ ...release('etcd', '3.5.16'), url: 'ftp://example.com/etcd.tar.gz' }),
  '/long.json': index({ ...release('etcd', '3.5.16'), url: 'x'.repeat(990) }),
  '/garbage.json': '<html>',
  '/b?list-type=2&prefix=r%2Fetcd%2F3.5.16%2F': `<ListBucketResult><IsTruncated>false</IsTruncated>${entries}</ListBucketResult>`,
  '/b/r/etcd/3.5.16/SHA256SUMS': `${sha256}  etcd-linux-amd64.tar.gz\n`,
};

let server: Loopback;
let base = '';
let asked: string[] = [];

test.before(async () => {
  server = await serveLoopback(({ url = '' }, response) => {
    asked.push(url);
    const fault = FAULTS.find((one) => url === `/${one}`);
    if (fault !== undefined) return answerFaulty(fault, response, Buffer.from(served['/both.json'] ?? ''));
    const text = served[url];
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  base = server.url;
});
test.after.always(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The locked etcd, or why there is none. */
async function look(index: ResolveOptions['index'], options: Partial<ResolveOptions> = {}) {
  asked = [];
  const settings = { folder, bounds: { index: bounds, file: bounds }, ...options };
  const { programs, failures } = await resolveReleases([etcd], { index, ...settings });
  return programs.etcd ?? failures.map(({ error }) => error.message).join();
}
const locked = { version: '3.5.16', arch: 'amd64' as const };

test.serial('an index with hashes is asked once for all programs', async (t) => {
  asked = [];
  const { programs, failures } = await resolveReleases([etcd, socat], { index: `${base}/both.json`, folder });
  t.deepEqual(failures, []);
  t.deepEqual(programs.etcd, { ...locked, url: 'https://example.com/etcd.tar.gz', sha256 });
  t.is(programs.socat?.version, '1.8.0.3');
  t.deepEqual(asked, ['/both.json']);
});

test.serial('an index for each program, one of them a file beside the spec; each failure is told', async (t) => {
  writeFileSync(path.join(folder, 'socat.json'), index(release('socat', '1.8.0.3')));
  const both = { etcd: `${base}/both.json`, socat: 'socat.json' };
  t.deepEqual(Object.keys((await resolveReleases([etcd, socat], { index: both, folder })).programs), ['etcd', 'socat']);
  const { programs, failures } = await resolveReleases([etcd, socat], { index: `${base}/no`, folder });
  t.deepEqual(programs, {});
  t.deepEqual(
    failures.map(({ wanted }) => wanted),
    [etcd, socat],
  );
});

test.serial('a hash from the sums beside the file', async (t) => {
  const url = `${base}/etcd-3.5.16.tar.gz`;
  t.deepEqual(await look(`${base}/sums.json`), { ...locked, url, sha256: hash });
  t.deepEqual(asked, ['/sums.json', '/SHA256SUMS'], 'the file itself is not fetched');
});

test.serial('a file without a hash is fetched only when asked for', async (t) => {
  const url = `${base}/etcd-3.5.16.tar.gz`;
  t.is(await look(`${base}/bare.json`), `the index gives no SHA-256 of ${url}`);
  t.is(await look(`${base}/other-sums.json`), `${base}/b/SHA256SUMS has no SHA-256 of ${url}`);
  t.deepEqual(await look(`${base}/bare.json`, { hashFiles: true }), { ...locked, url, sha256: hash });
});

test.serial('a bucket', async (t) => {
  t.deepEqual(await look({ etcd: `${base}/b?list-type=2&prefix=r` }), { ...locked, url: `${base}/b/${key}`, sha256 });
});

for (const [path, expected] of [
  ['no.json', /no\.json answers 404$/],
  ['garbage.json', /garbage\.json is not JSON: /],
  ['secret.json', /holds credentials$/],
  ['package.json', /etcd\.rpm, ends with `\.rpm`, which hosts cannot unpack$/],
  ['ftp.json', /ftp:\/\/example\.com\/etcd\.tar\.gz, is not a URL that hosts can fetch$/],
  ['long.json', /is not a URL that hosts can fetch$/],
] as const) {
  test.serial(`refused: ${path}`, async (t) => {
    const found = await look(`${base}/${path}`);
    t.regex(typeof found === 'string' ? found : 'locked', expected);
  });
}

test.serial('a path that leads nowhere', async (t) => {
  t.regex(
    String(await look('no/index.json')),
    /^Cannot read the index \S+no\/index\.json: it does not exist \(ENOENT\)$/,
  );
});

const faulty: Partial<Record<Fault, RegExp>> = {
  missing: /\/missing answers 404$/,
  broken: /\/broken answers 500$/,
  moved: /\/moved answers 404 \(by way of /,
  cut: /\/cut: .*(closed|terminated|aborted)/,
};
for (const [fault, expected] of Object.entries(faulty)) {
  test.serial(`a server of the index with the fault \`${fault}\``, async (t) => {
    const found = await look(`${base}/${fault}`);
    t.regex(typeof found === 'string' ? found : 'locked', expected);
  });
}

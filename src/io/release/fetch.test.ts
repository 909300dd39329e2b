import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { answerFaulty, FAULTS } from '../../testing/faulty-answer.ts';
import { type Loopback, serveLoopback } from '../../testing/loopback.ts';
import { fetchFile, fetchHash, fetchText } from './fetch.ts';
import { ReleaseError } from './release-error.ts';

// Against a real server on loopback that fails in every way.
const bounds = { bytes: 100_000, total: 60_000, idle: 60_000 };
const body = Buffer.from('{"format": 1}'.repeat(20));
const servers: Loopback[] = [];

async function serving(listener: RequestListener): Promise<string> {
  const server = await serveLoopback(listener);
  servers.push(server);
  return `${server.url}/index.json`;
}

test.after.always(() => Promise.all(servers.map((server) => server.close())));

const expected: Record<(typeof FAULTS)[number], RegExp | undefined> = {
  missing: /^http\S+ answers 404$/,
  broken: /^http\S+ answers 500$/,
  moved: /^http\S+ answers 404 \(by way of http:\/\/127\.0\.0\.1:\d+\)$/,
  // A server's confident answer cannot be told from the truth.
  wrong: undefined,
  cut: /^http\S+: .*(other side closed|terminated|aborted)/,
  trickle: /^http\S+ was not there whole after 1\.5 s$/,
  hang: /^http\S+: nothing came for 0\.4 s$/,
};
for (const fault of FAULTS) {
  test(`a server with the fault \`${fault}\``, async (t) => {
    const url = await serving((request, response) =>
      answerFaulty(request.url === '/index.json' ? fault : 'missing', response, body),
    );
    const message = expected[fault];
    const short = { ...bounds, ...(fault === 'trickle' ? { total: 1500 } : fault === 'hang' ? { idle: 400 } : {}) };
    if (message === undefined) return t.not(await fetchText(url, bounds), body.toString());
    const error = await t.throwsAsync(fetchText(url, short), { instanceOf: ReleaseError, message });
    t.regex(error?.advice ?? '', /Check the URL/);
    await t.throwsAsync(fetchHash(url, short), { instanceOf: ReleaseError, message });
  });
}

test('text and hash of a whole answer, also after redirects', async (t) => {
  const url = await serving((request, response) => {
    const hop = Number(request.url?.slice(1)) || 0;
    if (request.url === '/index.json' || hop < 5) response.writeHead(307, { location: `/${hop + 1}` }).end();
    else response.writeHead(200).end(body);
  });
  t.is(await fetchText(url, bounds), body.toString());
  t.is(await fetchHash(url, bounds), createHash('sha256').update(body).digest('hex'));
});

test('a file is what came, with its hash; it may be given up before the answer begins, or when told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-fetch-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'file');
  const url = await serving((_, response) => response.end(body));
  t.is(await fetchFile(url, file, bounds), createHash('sha256').update(body).digest('hex'));
  t.deepEqual(readFileSync(file), body);
  const silent = await serving(() => undefined);
  const message = /nothing came for 0\.2 s$/;
  await t.throwsAsync(fetchFile(silent, file, { ...bounds, first: 200 }), { instanceOf: ReleaseError, message });
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('stopped')), 100);
  await t.throwsAsync(fetchFile(silent, file, bounds, stop.signal), { message: 'stopped' });
});

test('compression: none is asked for, and a hash is only of bytes as hosts get them', async (t) => {
  const asked = new Set<string | undefined>();
  const url = await serving(({ headers }, response) => {
    asked.add(headers['accept-encoding']);
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
  });
  t.is(await fetchText(url, bounds), body.toString());
  const message = /comes with Content-Encoding gzip, which hosts do not undo$/;
  await t.throwsAsync(fetchHash(url, bounds), { instanceOf: ReleaseError, message });
  t.deepEqual([...asked], ['identity']);
});

test('redirects without end, to nowhere, and away from https', async (t) => {
  const to = async (location: string | undefined, message: RegExp) => {
    const url = await serving((_, response) =>
      response.writeHead(302, location === undefined ? {} : { location }).end(),
    );
    await t.throwsAsync(fetchText(url, bounds), { instanceOf: ReleaseError, message });
  };
  await to('/index.json', /redirects more than five times$/);
  await to(undefined, /answers 302$/);
  await to('ftp://example.com/x', /redirects to ftp:\/\/example\.com\/x, which is not https$/);
  await to('http://[', /redirects to http:\/\/\[, which is not https$/);
});

test('more than the bound, whether the server says so or not', async (t) => {
  const url = await serving((_, response) => {
    for (let chunk = 0; chunk < 20; chunk++) response.write(Buffer.alloc(10_000));
  });
  await t.throwsAsync(fetchText(url, bounds), { message: /has more than 100000 bytes$/ });
});

test('bytes that are no text, and a server that is not there', async (t) => {
  const url = await serving((_, response) => response.end(Buffer.from([0xff, 0xfe])));
  await t.throwsAsync(fetchText(url, bounds), { message: /is not UTF-8 text$/ });
  await servers.at(-1)?.close();
  await t.throwsAsync(fetchText(url, bounds), { instanceOf: ReleaseError, message: /ECONNREFUSED/ });
});

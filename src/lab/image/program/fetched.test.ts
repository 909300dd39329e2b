import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { FILE_BOUNDS } from '../../../io/release/fetch.ts';
import { ReleaseError } from '../../../io/release/release-error.ts';
import { answerFaulty } from '../../../testing/faulty-answer.ts';
import { serveLoopback } from '../../../testing/loopback.ts';
import { LabError } from '../../machine/lab-error.ts';
import { storeDirectory } from './artifacts.ts';
import { type FetchOptions, fetched } from './fetched.ts';

const body = Buffer.from('a program');
const sha256 = createHash('sha256').update(body).digest('hex');

function options(t: { teardown(fn: () => void): void }): FetchOptions & { said: string[] } {
  const cache = mkdtempSync(join(tmpdir(), 'quorumgate-fetched-'));
  t.teardown(() => rmSync(cache, { recursive: true, force: true }));
  const said: string[] = [];
  return { cache, said, say: (line) => said.push(line) };
}

test('what is fetched is kept by its hash, fetched once, and made good where the disk has damaged it', async (t) => {
  let asked = 0;
  const server = await serveLoopback((_, response) => {
    asked += 1;
    response.end(body);
  });
  t.teardown(() => server.close());
  const all = options(t);
  const source = { url: `${server.url}/v1/etcd-v3.6.0-linux%20x.tar.gz?x=y`, sha256 };
  const { file } = await fetched(source, all);
  t.is(file, `${sha256.slice(0, 12)}-etcd-v3.6.0-linux_20x.tar.gz`);
  t.deepEqual(readFileSync(join(storeDirectory(all.cache), file)), body);
  t.deepEqual(await fetched(source, { ...all, offline: true }), { file, sha256 });
  t.is(asked, 1);
  writeFileSync(join(storeDirectory(all.cache), file), 'damaged');
  await t.throwsAsync(fetched(source, { ...all, offline: true }), { instanceOf: ReleaseError, message: /--offline/ });
  await fetched(source, all);
  t.is(asked, 2);
  t.deepEqual(all.said, [`fetching ${source.url}`, `fetching ${source.url}`]);
});

test('bytes with another hash are not kept, and are an error of the spec', async (t) => {
  const server = await serveLoopback((_, response) => response.end('another program'));
  t.teardown(() => server.close());
  const all = options(t);
  const source = { url: `${server.url}/etcd`, sha256 };
  await t.throwsAsync(fetched(source, all), { instanceOf: LabError, message: /has SHA-256 \w+, the spec says/ });
  t.deepEqual(
    readdirSync(storeDirectory(all.cache)).filter((name) => !name.endsWith('.lock')),
    [],
  );
});

test('a server that does not answer is given up soon, and not asked again; one that refuses a file is', async (t) => {
  let asked = 0;
  const server = await serveLoopback((request, response) => {
    asked += 1;
    answerFaulty(request.url === '/hang' ? 'hang' : 'missing', response, body);
  });
  t.teardown(() => server.close());
  const all = { ...options(t), bounds: { ...FILE_BOUNDS, first: 200, idle: 300 } };
  const at = (path: string) => ({ url: `${server.url}/${path}`, sha256 });
  await t.throwsAsync(fetched(at('none'), all), { instanceOf: ReleaseError, message: /answers 404/ });
  await t.throwsAsync(fetched(at('hang'), all), { instanceOf: ReleaseError, message: /nothing came for 0\.[23] s/ });
  await t.throwsAsync(fetched(at('none'), all), { instanceOf: ReleaseError, message: /nothing came/ });
  t.is(asked, 2);
});

test('a name that nobody knows is told in a second', async (t) => {
  const before = performance.now();
  const source = { url: 'https://nobody.invalid/etcd', sha256 };
  await t.throwsAsync(fetched(source, options(t)), { message: 'nobody.invalid cannot be resolved here' });
  t.true(performance.now() - before < 5000);
});

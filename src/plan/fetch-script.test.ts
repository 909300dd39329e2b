import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { gzip } from '../format/gzip.ts';
import { sha256 } from '../format/hash.ts';
import { printTar } from '../format/tar.ts';
import { type Loopback, serveLoopback } from '../testing/loopback.ts';
import { dense } from './file.ts';

// units/scripts/fetch.sh, as it lands on hosts, against a real server and real archives.
const script = dense(readFileSync(fileURLToPath(new URL('../../units/scripts/fetch.sh', import.meta.url)), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'quorumgate-fetch-'));

const encode = (text: string) => new TextEncoder().encode(text);
const archiveOf = (firstBoot: string) =>
  gzip(
    printTar([
      { path: 'opt/quorumgate/libexec/first-boot', mode: 0o755, bytes: encode(firstBoot) },
      { path: 'etc/quorumgate/cluster.env', mode: 0o640, bytes: encode('A=1\n'.repeat(2000)) },
    ]),
  );
const good = archiveOf('echo booted >>"$HOST/booted"\n');
const failing = archiveOf('echo no such user >&2; exit 1\n');

let server: Loopback;
let base = '';
/** Requests for `/late`: the first fails. */
let late = 0;

test.before(async () => {
  server = await serveLoopback(({ url = '' }, response) => {
    if (url === '/endless') {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(100_000)));
      };
      response.on('drain', more);
      more();
    } else if (url === '/cut') {
      response.writeHead(200, { 'content-length': good.length });
      response.write(good.subarray(0, good.length - 10), () => response.destroy());
    } else if (url === '/slow') {
      response.writeHead(200, { 'content-length': good.length });
      response.write(good.subarray(0, 10));
    } else if (url === '/late') {
      late += 1;
      response.writeHead(late === 1 ? 503 : 200).end(good);
    } else {
      const found = { '/good': good, '/failing': failing, '/other': gzip(encode('another')) }[url];
      response.writeHead(found === undefined ? 404 : 200).end(found);
    }
  });
  base = server.url;
});

test.after.always(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
});

const newHost = () => mkdtempSync(join(work, 'host-'));

interface RunOptions {
  host?: string;
  sha256?: string;
  seconds?: number;
  /** Ends the script when it says that it waits; else it goes on, its first pause cut short. */
  goesOn?: boolean;
}

/** Runs the script on a folder that is its host. */
function run(
  shell: readonly string[],
  path: string,
  options: RunOptions = {},
): Promise<{ said: string; host: string }> {
  const {
    host = newHost(),
    sha256: hash = sha256(path === '/failing' ? failing : good),
    seconds = 30,
    goesOn,
  } = options;
  const text = script
    .replaceAll('/opt/quorumgate', `${host}/opt/quorumgate`)
    .replace('-C / ', `-C ${host} `)
    .replace('pause=5', goesOn ? 'pause=0' : 'pause=5')
    // As LimitFSIZE= does, in 512 bytes: archives of these tests are smaller.
    .replace('set -eu\n', 'set -eu\nulimit -f 4000\n');
  const [program = '', ...flags] = shell;
  const child = spawn(program, [...flags, '-c', text, 'fetch', `${base}${path}`, hash, String(seconds)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOST: host },
  });
  let said = '';
  return new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      said += data;
      if (said.includes('waiting: ') && !goesOn) child.kill();
    });
    child.on('close', () => resolve({ said, host }));
  });
}

const booted = (host: string) => existsSync(join(host, 'booted')) && readFileSync(join(host, 'booted'), 'utf8');
const isDone = (host: string) => existsSync(join(host, 'opt/quorumgate/unpacked'));

for (const shell of [['sh'], ['bash', '--posix']]) {
  const name = shell.join(' ');

  test(`${name}: what is as it should be is unpacked and booted, once`, async (t) => {
    const { said, host } = await run(shell, '/good');
    t.regex(said, /the rest of this host is there/);
    t.is(readFileSync(join(host, 'etc/quorumgate/cluster.env'), 'utf8'), 'A=1\n'.repeat(2000));
    t.false(existsSync(join(host, 'opt/quorumgate/host.tar.gz')));
    t.is((await run(shell, '/good', { host })).said, '');
    t.is(booted(host), 'booted\n');
  });

  test(`${name}: another archive is another host: an image that was made of one begins anew`, async (t) => {
    const { host } = await run(shell, '/good');
    const { said } = await run(shell, '/failing', { host });
    t.regex(said, /no such user/);
  });

  const waits = test.macro(async (t, path: string, options: RunOptions, cause: RegExp) => {
    const { said, host } = await run(shell, path, options);
    t.regex(said, cause);
    t.false(existsSync(join(host, 'etc')), 'nothing is unpacked');
    t.false(booted(host));
    t.false(isDone(host));
  });
  test(
    `${name}: another hash`,
    waits,
    '/other',
    {},
    /waiting: http\S+ has SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}: not used/,
  );
  test(`${name}: not there`, waits, '/nothing', {}, /waiting: http\S+: .*404.*; next try in 5 s/);
  test(`${name}: cut`, waits, '/cut', {}, /waiting: http\S+: curl: \(18\)/);
  test(`${name}: without end`, waits, '/endless', {}, /^waiting: http\S+: curl: \(23\) [ -~]+; next try in 5 s\n$/);
  test(`${name}: too slow`, waits, '/slow', { seconds: 1 }, /waiting: http\S+: curl: \(28\)/);

  test(`${name}: a first boot that fails is no end`, async (t) => {
    const { said, host } = await run(shell, '/failing');
    t.regex(said, /waiting: http\S+: no such user/);
    t.false(isDone(host));
  });

  test(`${name}: killed half-way it begins again`, async (t) => {
    const host = newHost();
    t.false(booted((await run(shell, '/slow', { host, seconds: 1 })).host));
    writeFileSync(join(host, 'opt/quorumgate/host.tar.gz'), good.subarray(0, 100));
    writeFileSync(join(host, 'opt/quorumgate/unpacked'), sha256(good).slice(0, 20));
    t.regex((await run(shell, '/good', { host })).said, /the rest of this host is there/);
    t.is(booted(host), 'booted\n');
  });
}

test('it tries until the server is well', async (t) => {
  const { said, host } = await run(['sh'], '/late', { goesOn: true });
  t.regex(said, /waiting: http\S+: .*503.*\n[\s\S]*the rest of this host is there/);
  t.is(booted(host), 'booted\n');
});

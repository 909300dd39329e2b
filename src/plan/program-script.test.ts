import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { dense } from './build.ts';

// units/scripts/program.sh, as it lands on hosts, against a real server and real archives.
const script = dense(readFileSync(fileURLToPath(new URL('../../units/scripts/program.sh', import.meta.url)), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'quorumgate-program-'));
const tool = '#!/bin/sh\necho "made up, version 1"\n';
const broken = '#!/nowhere/interpreter\n';

const files = new Map<string, Buffer>();
let server: Server;
let base = '';

test.before(async () => {
  for (const [name, text] of [
    ['good', tool],
    ['broken', broken],
  ] as const) {
    mkdirSync(join(work, name, 'share'), { recursive: true });
    writeFileSync(join(work, name, 'etcd'), text, { mode: 0o755 });
    writeFileSync(join(work, name, 'etcdctl'), text, { mode: 0o755 });
    execFileSync('tar', ['-czf', join(work, `${name}.tar.gz`), '-C', work, name]);
    files.set(`/${name}.tar.gz`, readFileSync(join(work, `${name}.tar.gz`)));
  }
  execFileSync('python3', ['-m', 'zipfile', '-c', 'good.zip', 'good/etcd'], { cwd: work });
  files.set('/good.zip', readFileSync(join(work, 'good.zip')));
  files.set('/etcd', Buffer.from(tool));
  files.set('/empty.tar.gz', execFileSync('tar', ['-cz', '-C', join(work, 'good'), 'share']));
  server = createServer(({ url = '' }, response) => {
    const found = files.get(url.replace(/\?.*/, ''));
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

test.after.always(() => {
  server.close();
  rmSync(work, { recursive: true, force: true });
});

/** Runs the script until it ends, or says that it waits. */
function run(shell: string[], line: string, wanted = 'etcd'): Promise<{ said: string; root: string }> {
  const root = mkdtempSync(join(work, 'root-'));
  writeFileSync(join(root, 'programs'), `${line}\n`);
  const text = script.replaceAll('/opt/quorumgate', root).replace('/etc/quorumgate/programs', join(root, 'programs'));
  const [program = '', ...flags] = shell;
  const child = spawn(program, [...flags, '-c', text, 'program', wanted], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  return new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      said += data;
      if (said.includes('waiting: ')) child.kill();
    });
    child.on('close', () => resolve({ said, root }));
  });
}

const hashOf = (path: string) =>
  createHash('sha256')
    .update(files.get(path) ?? '')
    .digest('hex');
const shells = [['sh'], ['bash', '--posix']];

for (const shell of shells) {
  const places = test.macro(async (t, path: string, query = '') => {
    const { said, root } = await run(shell, `etcd url ${base}${path}${query} ${hashOf(path)}`);
    t.regex(said, /etcd is there/);
    t.is(readFileSync(join(root, 'bin/etcd'), 'utf8'), tool);
    t.is(spawnSync(join(root, 'bin/etcd')).status, 0);
  });
  test(`${shell.join(' ')}: a tar archive`, places, '/good.tar.gz');
  test(`${shell.join(' ')}: a signed URL`, places, '/good.tar.gz', '?X-Sig=1&a={b}');
  test(`${shell.join(' ')}: a zip archive`, places, '/good.zip');
  test(`${shell.join(' ')}: a plain executable`, places, '/etcd');

  const waits = test.macro(async (t, path: string, sha256: string | undefined, cause: RegExp) => {
    const { said, root } = await run(shell, `etcd url ${base}${path} ${sha256 ?? hashOf(path)}`);
    t.regex(said, cause);
    t.throws(() => readFileSync(join(root, 'bin/etcd')));
  });
  test(
    `${shell.join(' ')}: another hash`,
    waits,
    '/good.tar.gz',
    '0'.repeat(64),
    /has SHA-256 [0-9a-f]{64}, the spec says 0+/,
  );
  test(`${shell.join(' ')}: not there`, waits, '/nothing.tar.gz', undefined, /waiting: etcd: http\S+ .*404/);
  test(`${shell.join(' ')}: not in the archive`, waits, '/empty.tar.gz', undefined, /holds no file named etcd/);
  test(`${shell.join(' ')}: does not run here`, waits, '/broken.tar.gz', undefined, /waiting: etcd of http\S+: /);

  test(`${shell.join(' ')}: an image without it`, async (t) => {
    const { said } = await run(shell, 'nonesuch image', 'nonesuch');
    t.regex(said, /waiting: nonesuch: not on this host, though the spec says it comes with the image/);
  });
}

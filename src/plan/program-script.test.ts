import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { type Loopback, serveLoopback } from '../loopback-testing.ts';
import { dense } from './file.ts';

// units/scripts/program.sh, as it lands on hosts, against a real server and real archives.
const script = dense(readFileSync(fileURLToPath(new URL('../../units/scripts/program.sh', import.meta.url)), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'quorumgate-program-'));
const tool = '#!/bin/sh\necho "made up, version 1"\n';
const broken = '#!/nowhere/interpreter\n';
// As the single executable does when it is called by its own name.
const single = '#!/bin/sh\necho "no program $0"; exit 2\n';

const files = new Map<string, Buffer>();
let server: Loopback;
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
  files.set('/sidekick-x64', Buffer.from(single));
  files.set('/sidekick-arm64', Buffer.from(broken));
  files.set('/empty.tar.gz', execFileSync('tar', ['-cz', '-C', join(work, 'good'), 'share']));
  server = await serveLoopback(({ url = '' }, response) => {
    const found = files.get(url.replace(/\?.*/, ''));
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  base = server.url;
});

test.after.always(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
});

/** A host that has these programs of this machine, and those made up here. */
function onlyWith(names: string[], made: Record<string, string>): string {
  const folder = mkdtempSync(join(work, 'path-'));
  for (const name of names) {
    symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(folder, name));
  }
  for (const [name, text] of Object.entries(made)) writeFileSync(join(folder, name), text, { mode: 0o755 });
  return folder;
}

/** Runs the script until it ends, or says that it waits. */
function run(
  shell: string[],
  line: string,
  {
    wanted = 'etcd',
    path,
    root = mkdtempSync(join(work, 'root-')),
  }: { wanted?: string; path?: string; root?: string } = {},
): Promise<{ said: string; root: string }> {
  writeFileSync(join(root, 'programs'), `${line}\n`);
  const text = script
    .replaceAll('/opt/quorumgate', root)
    .replace('/etc/quorumgate/programs', join(root, 'programs'))
    .replace(/PATH=\S+/, (standard) => (path === undefined ? standard : `PATH=${path}`));
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
    const { said } = await run(shell, 'nonesuch image', { wanted: 'nonesuch' });
    t.regex(said, /waiting: nonesuch: not on this host, though the spec says it comes with the image/);
  });

  const few = 'cat chmod curl cut find grep head ln mkdir mv rm sha256sum sleep sync tr'.split(' ');
  test(`${shell.join(' ')}: a zip archive where there is bsdtar alone`, async (t) => {
    const python = `PATH=${process.env['PATH']} exec python3 -m zipfile`;
    const bsdtar = `#!/bin/sh\n[ "$1 $3" = "-xf -C" ] && ${python} -e "$2" "$4"\n`;
    const path = onlyWith(few, { bsdtar });
    const { said, root } = await run(shell, `etcd url ${base}/good.zip ${hashOf('/good.zip')}`, { path });
    t.regex(said, /etcd is there/);
    t.is(readFileSync(join(root, 'bin/etcd'), 'utf8'), tool);
  });
  test(`${shell.join(' ')}: a zip archive where nothing unpacks it`, async (t) => {
    const { said } = await run(shell, `etcd url ${base}/good.zip ${hashOf('/good.zip')}`, { path: onlyWith(few, {}) });
    t.regex(said, /cannot be unpacked: .*unzip: .*not found.*bsdtar: .*not found.*python3: .*not found/);
  });
  test(`${shell.join(' ')}: labels are made right where SELinux is`, async (t) => {
    const path = onlyWith(few, { restorecon: '#!/bin/sh\necho "labelled $*"\n' });
    const { said, root } = await run(shell, `etcd url ${base}/etcd ${hashOf('/etcd')}`, { path });
    t.true(said.includes(`labelled -R ${root}/bin\n`), said);
  });

  test(`${shell.join(' ')}: the sidekicks that came inline need Node`, async (t) => {
    const path = onlyWith(few, { node: tool });
    const { said, root } = await run(shell, 'node image', { wanted: 'sidekick', path });
    t.regex(said, /node is there/);
    t.is(readlinkSync(join(root, 'bin/node')), join(path, 'node'));
    t.is(readlinkSync(join(root, 'bin/etcd-ready')), 'etcd-sidekick');
  });
  test(`${shell.join(' ')}: a second run leaves what is right as it is, and sets right what is not`, async (t) => {
    const path = onlyWith(few, { node: tool });
    const options = { wanted: 'sidekick', path };
    const { root } = await run(shell, 'node image', options);
    const links = ['node', 'etcd-ready', 'etcd-register'].map((name) => join(root, 'bin', name));
    // Inline, it comes with the other files of a host.
    writeFileSync(join(root, 'bin/etcd-sidekick'), tool);
    const inodes = () => links.map((link) => lstatSync(link).ino);
    const before = inodes();
    await run(shell, 'node image', { ...options, root });
    t.deepEqual(inodes(), before);
    const moved = onlyWith(few, { node: `${tool}# newer\n` });
    await run(shell, 'node image', { ...options, root, path: moved });
    t.is(readlinkSync(join(root, 'bin/node')), join(moved, 'node'));
  });
  test(`${shell.join(' ')}: the single executable is each sidekick by its name`, async (t) => {
    const line = `etcd-sidekick url ${base}/sidekick-x64 ${hashOf('/sidekick-x64')}`;
    const { said, root } = await run(shell, line, { wanted: 'sidekick', path: onlyWith(few, {}) });
    t.regex(said, /etcd-sidekick is there/);
    for (const name of ['etcd-ready', 'etcd-register']) {
      t.is(spawnSync(join(root, 'bin', name), { encoding: 'utf8' }).stdout, `no program ${join(root, 'bin', name)}\n`);
    }
  });
  test(`${shell.join(' ')}: a single executable of another architecture`, async (t) => {
    const line = `etcd-sidekick url ${base}/sidekick-arm64 ${hashOf('/sidekick-arm64')}`;
    const { said, root } = await run(shell, line, { wanted: 'sidekick' });
    t.regex(said, /waiting: etcd-sidekick of http\S+: ./);
    t.throws(() => readFileSync(join(root, 'bin/etcd-sidekick')));
  });
}

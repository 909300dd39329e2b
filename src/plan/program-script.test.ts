import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { type Loopback, serveLoopback } from '../testing/loopback.ts';
import { scriptText } from '../testing/script.ts';

// units/scripts/program.sh, as it lands on hosts, against a real server and real archives.
const script = scriptText('program', ['program/archive']);
const work = mkdtempSync(join(tmpdir(), 'quorumgate-program-'));
const tool = '#!/bin/sh\necho "made up, version 1"\n';
const broken = '#!/nowhere/interpreter\n';
const bundle = readFileSync(fileURLToPath(new URL('../../dist/sidekick/etcd-sidekick.cjs', import.meta.url)), 'utf8');
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
    if (url === '/endless') {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(100_000)));
      };
      response.on('drain', more);
      return more();
    }
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
function onlyWith(names: string[], made: Record<string, string | Uint8Array>): string {
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
    limit,
  }: { wanted?: string; path?: string; root?: string; limit?: number } = {},
): Promise<{ said: string; root: string }> {
  writeFileSync(join(root, 'programs'), `${line}\n`);
  const text = script
    .replaceAll('/opt/quorumgate', root)
    .replace('/etc/quorumgate/programs', join(root, 'programs'))
    .replace(/PATH=\S+/, (standard) => (path === undefined ? standard : `PATH=${path}`));
  // As LimitFSIZE= does, in 512 bytes.
  const limited = limit === undefined ? '' : `ulimit -f ${limit}\n`;
  const [program = '', ...flags] = shell;
  const child = spawn(program, [...flags, '-c', limited + text, 'program', wanted], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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

  test(`${shell.join(' ')}: without end: no more of it than the unit allows`, async (t) => {
    const { said, root } = await run(shell, `etcd url ${base}/endless ${'0'.repeat(64)}`, { limit: 4000 });
    t.regex(said, /^waiting: etcd: http\S+: curl: \(23\) [ -~]+; next try in 5 s\n$/);
    t.true(statSync(join(root, 'fetched/etcd.work/file')).size <= 4000 * 512);
  });

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
    t.regex(said, /^sidekick is there$/m);
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
    t.regex(said, /^sidekick is there$/m);
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

  /** A host whose sidekicks come as a script, of these bytes or of the bundle's. */
  function scripted(bytes?: string) {
    const root = mkdtempSync(join(work, 'root-'));
    const path = `/${basename(root)}/etcd-sidekick.cjs`;
    files.set(path, Buffer.from(bytes ?? bundle.replace('/opt/quorumgate', root)));
    files.set('/node', Buffer.from(`#!/bin/sh\nexec ${process.execPath} "$@"\n`));
    const line = `etcd-sidekick url ${base}${path} ${hashOf(path)}`;
    return {
      line,
      root,
      options: { wanted: 'sidekick', root, path: onlyWith(few, { node: files.get('/node') ?? '' }) },
    };
  }
  for (const [how, node] of [
    ['of the image', () => 'node image'],
    ['by URL', () => `node url ${base}/node ${hashOf('/node')}`],
  ] as const) {
    test(`${shell.join(' ')}: a script is fetched once its Node is there, and that runs it: Node ${how}`, async (t) => {
      const { line, root, options } = scripted();
      const { said } = await run(shell, `${node()}\n${line}`, options);
      t.regex(said, /etcd-sidekick: fetched from .+\n(.+\n)*sidekick is there\n/);
      t.is(lstatSync(join(root, 'bin/node')).isSymbolicLink(), how === 'of the image');
      for (const name of ['etcd-ready', 'etcd-register']) t.is(readlinkSync(join(root, 'bin', name)), 'etcd-sidekick');
      const { status, stderr } = spawnSync(join(root, 'bin/etcd-sidekick'), { encoding: 'utf8' });
      t.is(status, 2, stderr);
      const again = await run(shell, `${node()}\n${line}`, options);
      t.is(again.said.trim(), 'sidekick is there');
    });
  }
  test(`${shell.join(' ')}: a script whose Node is not there is not fetched`, async (t) => {
    const { line, root, options } = scripted();
    const { said } = await run(shell, `node image\n${line}`, { ...options, path: onlyWith(few, {}) });
    t.regex(said, /^waiting: node: not on this host/);
    t.deepEqual(readdirSync(join(root, 'fetched')), []);
  });
  test(`${shell.join(' ')}: a script of another version than the units' is not used`, async (t) => {
    const { line, root, options } = scripted();
    const { said } = await run(shell, `node image\n${line.replace(/.$/, (one) => (one === '0' ? '1' : '0'))}`, options);
    t.regex(said, /waiting: etcd-sidekick: http\S+ has SHA-256 [0-9a-f]{64}, the spec says [0-9a-f]{64}: not used/);
    t.throws(() => readFileSync(join(root, 'bin/etcd-sidekick')));
  });
  test(`${shell.join(' ')}: what Node cannot read as a script is not used`, async (t) => {
    const { line, root, options } = scripted(`#!${process.execPath}\nthis is none\n`);
    const { said } = await run(shell, `node image\n${line}`, options);
    t.regex(said, /waiting: etcd-sidekick of http\S+: .*SyntaxError/);
    t.throws(() => readFileSync(join(root, 'bin/etcd-sidekick')));
  });
}

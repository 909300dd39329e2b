import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { inner } from '../build.mjs';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-build-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Every file below a folder by its path, as text that compares byte by byte. */
function contents(base: string): Record<string, string> {
  const entries = readdirSync(base, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(names.map((name) => [path.relative(base, name), readFileSync(name, 'latin1')]));
}

const [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')];

test.before(async () => {
  const script = path.join(root, 'build.mjs');
  await run(process.execPath, [script, '--out', first], { cwd: root });
  const strange = { ...process.env, TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' };
  await run('/bin/sh', ['-c', 'umask 077; exec "$@"', 'sh', process.execPath, script, '--out', 'second'], {
    cwd: folder,
    env: strange,
  });
});

test('two builds give the same bytes, whatever the directory, time zone, locale and umask', (t) => {
  const [one, two] = [contents(first), contents(second)];
  t.deepEqual(Object.keys(one), Object.keys(two));
  t.deepEqual(
    Object.keys(one).filter((name) => one[name] !== two[name]),
    [],
  );
});

test('the committed part of dist/ is what the sources build to (npm run build)', (t) => {
  const built = Object.entries(contents(first)).filter(([name]) => !/^(cli|lib|man|units|templates)\//.test(name));
  // By name: the rest of dist/ may be built meanwhile.
  const dist = (name: string) => readFileSync(path.join(root, 'dist', name), 'latin1');
  const { files } = JSON.parse(dist('manifest.json')) as { files: { path: string }[] };
  const committed = Object.fromEntries(
    ['manifest.json', ...files.map((file) => file.path)].map((name) => [name, dist(name)]),
  );
  t.deepEqual(
    built.map(([name]) => name),
    Object.keys(committed),
  );
  t.deepEqual(
    built.filter(([name, text]) => committed[name] !== text).map(([name]) => name),
    [],
  );
});

test('the manifest describes every file that is committed', (t) => {
  const { files } = JSON.parse(readFileSync(path.join(first, 'manifest.json'), 'utf8')) as {
    files: { path: string; size: number; sha256: string }[];
  };
  t.deepEqual(
    files.map((file) => file.path),
    ['schema.json', 'sidekick/etcd-sidekick.cjs'],
  );
  for (const file of files) {
    const bytes = readFileSync(path.join(first, file.path));
    t.is(file.size, bytes.length);
    t.is(file.sha256, createHash('sha256').update(bytes).digest('hex'));
  }
});

test('units and templates are copied word for word', (t) => {
  for (const name of ['units', 'templates']) {
    t.deepEqual(contents(path.join(first, name)), contents(path.join(root, name)));
  }
});

test('the sidekick needs nothing beside it', async (t) => {
  const host = mkdtempSync(path.join(folder, 'host-'));
  cpSync(path.join(first, 'sidekick/etcd-sidekick.cjs'), path.join(host, 'etcd-sidekick'));
  symlinkSync('etcd-sidekick', path.join(host, 'etcd-ready'));
  const options = { cwd: host, env: { PATH: process.env['PATH'] } };
  const help = await t.throwsAsync<Error & { code?: number; stderr?: string; stdout?: string }>(
    run(process.execPath, ['etcd-sidekick', '--help'], options),
  );
  t.is(help?.code, 2);
  t.regex(help?.stderr ?? '', /there are: etcd-ready, etcd-register server, etcd-register client/);
  const unset = await t.throwsAsync<Error & { code?: number; stderr?: string; stdout?: string }>(
    run(process.execPath, ['etcd-ready'], options),
  );
  t.is(unset?.code, 1);
  t.regex(`${unset?.stdout}${unset?.stderr}`, /not set: QG_/);
});

test('the sidekick starts with its interpreter and is plain ASCII', (t) => {
  const text = readFileSync(path.join(first, 'sidekick/etcd-sidekick.cjs'), 'utf8');
  t.true(text.startsWith('#!/opt/quorumgate/bin/node --max-semi-space-size=1\n'));
  t.regex(text, /^[\n\x20-\x7e]*$/);
  t.notRegex(text, /sourceMappingURL/);
});

test('the CLI runs from wherever dist/ is copied to, with the notices of what it holds', async (t) => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const { stdout } = await run(process.execPath, [path.join(second, 'cli/index.mjs'), '--version'], { cwd: tmpdir() });
  t.true(stdout.includes(version));
  const notices = readFileSync(path.join(first, 'cli/licenses.txt'), 'utf8');
  for (const name of ['ajv', 'commander', 'js-yaml', 'pako']) t.regex(notices, new RegExp(`^${name}$`, 'm'));
});

test('what the sidekicks write has its own names: none of those that each build shortens as it likes', (t) => {
  const written: Record<string, string[]> = {
    'identity.ts': ['Identity'],
    'record.ts': ['RecordMember', 'ClusterRecord'],
    'ports.ts': ['Place', 'List'],
    'keys.ts': ['Launch', 'Retired'],
  };
  let count = 0;
  for (const [file, interfaces] of Object.entries(written)) {
    const text = readFileSync(path.join(root, 'src/sidekick/shared', file), 'utf8');
    for (const name of interfaces) {
      const [, body = ''] = new RegExp(`interface ${name}[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(text) ?? [];
      const names = [...body.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/(\w+)\??:/g)].map(([, one = '']) => one);
      t.true(names.length > 0, name);
      count += names.length;
      t.deepEqual(
        names.filter((one) => inner.includes(one)),
        [],
        name,
      );
    }
  }
  t.true(count > 30, String(count));
});

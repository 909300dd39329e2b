import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { SMALLEST } from '../spec/reference.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function run(args: string[], input = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    // SIGKILL: `compile` heeds no other signal while it writes.
    const options = { cwd: root, timeout: 300_000, killSignal: 'SIGKILL' } as const;
    const child = spawn(process.execPath, ['dist/cli/index.mjs', ...args], options);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // A command that fails early does not read what it is given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

const exits = test.macro<[args: string[], code: number, stderr: RegExp, input?: string]>({
  async exec(t, args, code, stderr, input = '') {
    const result = await run(args, input);
    t.is(result.code, code, result.stderr);
    t.regex(result.stderr, stderr);
  },
  title: (_, args, code) => `quorumgate ${args.join(' ') || '(nothing)'}: exit ${code}`,
});

test.serial(exits, [], 2, /Usage: quorumgate/);
test.serial(exits, ['--help'], 0, /^$/);
test.serial(exits, ['chek', 'x'], 2, /Did you mean check\?/);
test.serial(exits, ['check'], 2, /missing required argument 'spec'/);
test.serial(exits, ['check', 'x', '--fromat', 'json'], 2, /Did you mean --format\?/);
test.serial(exits, ['check', 'x', '--format', 'xml'], 2, /Allowed choices are text, json, ci/);
test.serial(exits, ['check', 'x', '--target', 'nope'], 2, /there is no target 'nope'/);
test.serial(exits, ['check', '/nonexistent'], 1, /error\[spec-unreadable\].*ENOENT/);
test.serial(exits, ['check', '.'], 1, /error\[spec-unreadable\].*is a directory/);
test.serial(exits, ['check', '-'], 1, /<stdin>:1:1: error\[spec-empty\]/);
test.serial(exits, ['check', '-'], 0, /^$/, SMALLEST);
test.serial(exits, ['compile', '-', '-o', ''], 2, /give a directory/, SMALLEST);
test.serial(exits, ['compile', '-', '-o', '/proc/foo'], 1, /directory in \/proc: .*\n {2}remedy: /, SMALLEST);

test.serial('version and schema are printed', async (t) => {
  t.regex((await run(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  const schema: unknown = JSON.parse((await run(['schema'])).stdout);
  t.like(schema, { type: 'object' });
});

test.serial('diagnostics are on stderr in the format asked for', async (t) => {
  const { code, stdout, stderr } = await run(
    ['check', '-', '--format', 'json'],
    SMALLEST.replace('size: 3', 'size: 4'),
  );
  t.is(code, 1);
  t.is(stdout, '');
  t.like(JSON.parse(stderr), { 0: { code: 'size-even', place: { line: 4 } } });
});

test.serial('as JSON, standard output is one document: what hosts need, and what was written', async (t) => {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-test-'));
  t.teardown(() => fs.rm(folder, { recursive: true, force: true }));
  const { stdout, stderr } = await run(['compile', '-', '-o', path.join(folder, 'out'), '--format', 'json'], SMALLEST);
  t.deepEqual(JSON.parse(stderr), []);
  const { needs, files } = JSON.parse(stdout) as { needs: { kind: string }[]; files: string[] };
  t.deepEqual(
    needs.map(({ kind }) => kind),
    ['upload', 'right', 'image', 'package', 'fetch', 'port'],
  );
  t.true(files.some((name) => name.endsWith('aws/etcd/user-data')));
  const checked = await run(['check', '-', '--format', 'json'], SMALLEST);
  t.deepEqual(JSON.parse(checked.stdout), { needs });
});

test.serial('compile writes the same bytes each time, and nothing for a wrong spec', async (t) => {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-test-'));
  t.teardown(() => fs.rm(folder, { recursive: true, force: true }));
  const out = path.join(folder, 'out');
  const first = await run(['compile', '-', '-o', out], SMALLEST);
  t.is(first.code, 0, first.stderr);
  const marker = await fs.readFile(path.join(out, 'aws/.quorumgate'), 'utf8');
  const again = await run(['compile', '-', '-o', out, '--target', 'aws'], SMALLEST);
  t.is(again.stdout, first.stdout);
  t.is(await fs.readFile(path.join(out, 'aws/.quorumgate'), 'utf8'), marker);
  const wrong = await run(['compile', '-', '-o', path.join(folder, 'other')], 'a: 1');
  t.is(wrong.code, 1);
  t.is(wrong.stdout, '');
  t.deepEqual(await fs.readdir(folder), ['out']);
});

test.serial('compile --check: exit 1 and the files that differ, nothing written', async (t) => {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-test-'));
  t.teardown(() => fs.rm(folder, { recursive: true, force: true }));
  const out = path.join(folder, 'out');
  const check = (spec = SMALLEST) => run(['compile', '-', '-o', out, '--check'], spec);
  const first = await check();
  t.is(first.code, 1);
  t.regex(first.stdout, /^missing: .*aws\/etcd\/user-data$/m);
  t.regex(first.stdout, /^missing: .*aws\/iam-policy\.json$/m);
  t.regex(first.stderr, /^error: .*out is not what - gives now: 9 of its files\.\n {2}remedy: Run `quorumgate compile/);
  t.deepEqual(await fs.readdir(folder), []);
  t.is((await run(['compile', '-', '-o', out], SMALLEST)).code, 0);
  t.like(await check(), { code: 0, stdout: '', stderr: '' });
  const changed = await check(SMALLEST.replace('mycluster\n  size', 'other\n  size'));
  t.is(changed.code, 1);
  t.regex(changed.stdout, /^differs: .*aws\/etcd\/user-data$/m);
});

test.serial(
  'the file for hosts to fetch is an output like others: written, compared, and found when it is left over',
  async (t) => {
    const folder = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-test-'));
    t.teardown(() => fs.rm(folder, { recursive: true, force: true }));
    const script = path.join(folder, 'upload/etcd-sidekick.cjs');
    const compiled = (spec: string, ...args: string[]) => run(['compile', '-', '-o', folder, ...args], spec);
    const written = await compiled(SMALLEST);
    t.is(written.code, 0, written.stderr);
    const note = 'before a host boots, put upload/etcd-sidekick.cjs at https://artifacts.example.com/etcd-sidekick.cjs';
    t.true(written.stdout.includes(`\n${note} (it holds no secret)\n`), written.stdout);
    t.true(written.stdout.endsWith(`\n${script}\n`), written.stdout);
    t.deepEqual(await fs.readFile(script), await fs.readFile(path.join(root, 'dist/sidekick/etcd-sidekick.cjs')));
    t.is((await compiled(SMALLEST, '--target', 'aws', '--check')).code, 0);

    const executable = `sidekick: {url: "https://x/y", sha256: ${'ab'.repeat(32)}}`;
    const other = SMALLEST.replace(/sidekick:[\s\S]*/, executable);
    t.is((await compiled(other)).code, 0);
    const found = await compiled(other, '--check');
    t.is(found.code, 1);
    t.is(found.stdout, `left over: ${path.dirname(script)}/.quorumgate\nleft over: ${script}\n`);
    // Of one target alone: what others have written is not looked at.
    t.is((await compiled(other, '--check', '--target', 'aws')).code, 0);

    await fs.appendFile(script, '// mine\n');
    t.regex((await compiled(SMALLEST, '--check')).stdout, /^differs: .+\/upload\/etcd-sidekick\.cjs$/m);
    t.regex((await compiled(SMALLEST)).stderr, /upload\/etcd-sidekick\.cjs was changed since quorumgate wrote it/);
  },
);

test.serial('text that is not UTF-8 is named, with its first bad byte', async (t) => {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-test-'));
  t.teardown(() => fs.rm(folder, { recursive: true, force: true }));
  const spec = path.join(folder, 'cluster.yaml');
  await fs.writeFile(spec, Buffer.from(`\u{feff}${SMALLEST}`, 'utf16le'));
  t.regex((await run(['check', spec])).stderr, /error\[spec-not-utf8\].*UTF-16/);
  for (const mark of ['', '\u{feff}']) {
    const bytes = [Buffer.from(`${mark}# \u{fffd} \u{fffd}ä\nb: ä`), Buffer.from([0xe4]), Buffer.from('ö\n')];
    await fs.writeFile(spec, Buffer.concat(bytes));
    t.regex((await run(['check', spec])).stderr, /cluster\.yaml:2:5: error\[spec-not-utf8\]/);
  }
});

for (const [stream, args] of [
  ['stdout', ['schema']],
  ['stderr', ['check', '/nonexistent']],
] as const) {
  test.serial(`${stream} on a full disk is no bug: ${args[0]}`, async (t) => {
    const full = openSync('/dev/full', 'w');
    const fds = stream === 'stdout' ? (['ignore', full, 'pipe'] as const) : (['ignore', 'pipe', full] as const);
    const command = ['dist/cli/index.mjs', ...args];
    const child = spawn(process.execPath, command, { cwd: root, stdio: [...fds] });
    closeSync(full);
    let said = '';
    child[stream === 'stdout' ? 'stderr' : 'stdout']?.on('data', (chunk) => {
      said += String(chunk);
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    t.is(code, 1, said);
    if (stream === 'stdout') t.regex(said, /^error: Cannot write to standard output: ENOSPC.*\n {2}remedy: .*\n$/);
  });
}

test.serial('a reader who has enough ends it quietly', async (t) => {
  const child = spawn(process.execPath, ['dist/cli/index.mjs', 'schema'], { cwd: root });
  child.stdout.destroy();
  t.is(await new Promise((resolve) => child.on('close', resolve)), 0);
});

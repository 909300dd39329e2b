import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder with the example as `a.yaml`, and the command in it. */
function place(t: ExecutionContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-output-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(path.join(root, 'examples/plain.yaml'), path.join(folder, 'a.yaml'));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(root, 'dist/cli/index.mjs'), ...args], { cwd: folder, encoding: 'utf8' });
  return { folder, run };
}

test('the remedy of --check, followed to the letter, makes the output what the spec gives', (t) => {
  const { folder, run } = place(t);
  t.is(run('compile', 'a.yaml').status, 0);
  appendFileSync(path.join(folder, 'out/aws/etcd/user-data.yaml'), '# by hand\n');
  writeFileSync(path.join(folder, 'out/aws/notes'), 'mine\n');
  rmSync(path.join(folder, 'out/aws/ports.json'));
  const found = run('compile', 'a.yaml', '--check');
  t.is(found.status, 1);
  const [, files = '', again = ''] =
    /remedy: Move away, or delete, (.+?); then run `quorumgate (.+?)`/.exec(found.stderr) ?? [];
  t.deepEqual(files.split(', '), ['out/aws/etcd/user-data.yaml', 'out/aws/notes']);
  for (const file of files.split(', ')) rmSync(path.join(folder, file));
  const made = run(...again.split(' '));
  t.is(made.status, 0, made.stderr);
  t.is(run('compile', 'a.yaml', '--check').status, 0);
});

test('a file that the spec alone has changed is in nobody’s way', (t) => {
  const { folder, run } = place(t);
  run('compile', 'a.yaml');
  const spec = path.join(folder, 'a.yaml');
  writeFileSync(spec, readFileSync(spec, 'utf8').replace('size: 3', 'size: 5'));
  const found = run('compile', 'a.yaml', '--check');
  t.regex(found.stderr, /remedy: Run `quorumgate compile a\.yaml -o out`/);
  t.is(run('compile', 'a.yaml').status, 0);
});

test('the output of one cluster does not take the place of another’s', (t) => {
  const { folder, run } = place(t);
  run('compile', 'a.yaml');
  const before = readFileSync(path.join(folder, 'out/aws/etcd/user-data.yaml'), 'utf8');
  const spec = readFileSync(path.join(folder, 'a.yaml'), 'utf8');
  writeFileSync(path.join(folder, 'b.yaml'), spec.replaceAll('mycluster', 'other'));
  const { status, stderr } = run('compile', 'b.yaml');
  t.is(status, 1);
  t.regex(stderr, /out\/aws holds the files of cluster mycluster, and these are of other\. Nothing was replaced\./);
  t.is(readFileSync(path.join(folder, 'out/aws/etcd/user-data.yaml'), 'utf8'), before);
  t.is(run('compile', 'b.yaml', '-o', 'other').status, 0);
  // One of before names no cluster.
  const marker = path.join(folder, 'out/aws/.quorumgate');
  writeFileSync(marker, readFileSync(marker, 'utf8').replace(/^#.*\n/, ''));
  rmSync(path.join(folder, 'out/upload'), { recursive: true });
  t.is(run('compile', 'b.yaml').status, 0);
  t.true(existsSync(path.join(folder, 'out/upload')));
});

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { IoError } from './io-error.ts';
import { writeOutput } from './write.ts';

const file = (name: string, text: string) => ({ path: name, bytes: new TextEncoder().encode(text) });
const V1 = [file('aws/etcd/user-data', 'one'), file('aws/README', 'r')];
const V2 = [file('aws/etcd/user-data', 'two')];

async function folder(t: { teardown(done: () => Promise<void>): void }): Promise<string> {
  const made = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-test-'));
  t.teardown(() => fs.rm(made, { recursive: true, force: true }));
  return made;
}

/** Every plain file below a folder with its text; markers without theirs. */
async function tree(base: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(base, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const pairs = files.sort().map(async (name) => {
    const text = name.endsWith('/.quorumgate') ? '' : await fs.readFile(name, 'utf8');
    return [path.relative(base, name), text] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

test('writes, and replaces what it wrote and nothing else', async (t) => {
  const dir = path.join(await folder(t), 'deep/out');
  t.deepEqual(await writeOutput(dir, V1), [path.join(dir, 'aws/README'), path.join(dir, 'aws/etcd/user-data')]);
  await fs.mkdir(path.join(dir, 'mine'));
  await fs.writeFile(path.join(dir, 'mine/notes'), 'n');
  await writeOutput(dir, V2);
  t.deepEqual(await tree(dir), { 'aws/.quorumgate': '', 'aws/etcd/user-data': 'two', 'mine/notes': 'n' });
  const check = execFileSync('sha256sum', ['-c', '.quorumgate'], { cwd: path.join(dir, 'aws'), encoding: 'utf8' });
  t.is(check, 'etcd/user-data: OK\n');
});

const refuses = test.macro({
  async exec(t, prepare: (dir: string) => Promise<unknown>, message: RegExp) {
    const dir = await folder(t);
    await writeOutput(dir, V1);
    await prepare(dir);
    const before = await tree(dir);
    const error = await t.throwsAsync(writeOutput(dir, [...V2, file('zzz/x', 'x')]), { instanceOf: IoError, message });
    t.truthy(error?.remedy);
    t.deepEqual(await tree(dir), before);
    t.deepEqual(
      (await fs.readdir(dir)).filter((name) => name.startsWith('.quorumgate-')),
      [],
    );
  },
  title: (name = '') => `refuses and changes nothing: ${name}`,
});

test(
  'a file of the user',
  refuses,
  (dir) => fs.writeFile(path.join(dir, 'aws/etcd/notes'), 'n'),
  /notes was not written/,
);
test('an edited file', refuses, (dir) => fs.writeFile(path.join(dir, 'aws/README'), 'mine'), /README was changed/);
test('a link in place of a file', refuses, (dir) => link(path.join(dir, 'aws/README')), /README was not written/);
test('no marker', refuses, (dir) => fs.rm(path.join(dir, 'aws/.quorumgate')), /was not written/);
test('a file in the way', refuses, (dir) => fs.writeFile(path.join(dir, 'zzz'), ''), /zzz is in the way/);
test('a link in the way', refuses, (dir) => fs.symlink('aws', path.join(dir, 'zzz')), /zzz is in the way/);

async function link(name: string) {
  await fs.rm(name);
  await fs.symlink('etcd/user-data', name);
}

test('a file where the directory should be', async (t) => {
  const dir = path.join(await folder(t), 'file');
  await fs.writeFile(dir, '');
  await t.throwsAsync(writeOutput(dir, V1), { instanceOf: IoError, message: /a file is where a directory is needed/ });
  await t.throwsAsync(writeOutput(path.join(dir, 'sub'), V1), { instanceOf: IoError });
});

test('folders that a failed run made are gone', async (t) => {
  const base = await folder(t);
  const long = file(`aws/${'x'.repeat(300)}`, 'x');
  await t.throwsAsync(writeOutput(path.join(base, 'a/b'), [...V1, long]), { instanceOf: IoError });
  t.deepEqual(await fs.readdir(base), []);
});

test('a path that leads out of the directory is a bug, not a file', async (t) => {
  const dir = await folder(t);
  for (const name of ['../x', '/x', 'aws/../../x', 'aws', 'aws//x', '.quorumgate/x', 'aws/.quorumgate']) {
    await t.throwsAsync(writeOutput(dir, [file(name, 'x')]), { message: /not a path/ });
  }
  t.deepEqual(await fs.readdir(dir), []);
});

test('nothing is left of parents when a deeper one cannot be made', async (t) => {
  const base = await folder(t);
  const dir = path.join(base, 'a/b', 'x'.repeat(300));
  await t.throwsAsync(writeOutput(dir, V1), { instanceOf: IoError, message: /ENAMETOOLONG/ });
  t.deepEqual(await fs.readdir(base), []);
});

test('a link to a directory is one, and a dangling link is in the way', async (t) => {
  const base = await folder(t);
  await fs.mkdir(path.join(base, 'real'));
  await fs.symlink('real', path.join(base, 'link'));
  await fs.symlink('nowhere', path.join(base, 'dangling'));
  await writeOutput(path.join(base, 'link/out'), V2);
  t.like(await tree(path.join(base, 'real')), { 'out/aws/etcd/user-data': 'two' });
  await t.throwsAsync(writeOutput(path.join(base, 'dangling'), V2), { instanceOf: IoError, message: /EEXIST/ });
});

// In a process of its own: what never returns cannot be stopped from inside.
for (const dir of ['/proc', '/proc/quorumgate/a/b']) {
  test(`a file system without new directories is named: ${dir}`, (t) => {
    const code = `import { writeOutput } from './write.ts';
      await writeOutput('${dir}', [{ path: 'aws/x', bytes: new Uint8Array() }]).catch(({ message }) => console.log(message));`;
    const args = ['--import=tsx', '--input-type=module', '-e', code];
    const options = { cwd: import.meta.dirname, encoding: 'utf8', timeout: 300_000, killSignal: 'SIGKILL' } as const;
    t.is(
      execFileSync(process.execPath, args, options),
      'Cannot make a directory in /proc: its file system takes none (ENOENT).\n',
    );
  });
}

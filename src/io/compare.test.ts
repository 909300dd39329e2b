import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { compareOutput } from './compare.ts';
import { IoError } from './io-error.ts';
import { writeOutput } from './write.ts';

const file = (name: string, text: string) => ({ path: name, bytes: new TextEncoder().encode(text) });
const FILES = [file('aws/etcd/user-data', 'one'), file('aws/README', 'r')];

const finds = test.macro({
  async exec(t, change: (dir: string) => Promise<unknown>, expected: string[], known: string[] = []) {
    const made = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-test-'));
    t.teardown(() => fs.rm(made, { recursive: true, force: true }));
    const dir = path.join(made, 'out');
    await writeOutput(dir, FILES);
    await change(dir);
    const before = await fs.readdir(made, { recursive: true });
    const found = await compareOutput(dir, FILES, known);
    t.deepEqual(
      found.map((one) => `${one.kind} ${path.relative(dir, one.path)}`),
      expected,
    );
    t.deepEqual(await fs.readdir(made, { recursive: true }), before, 'nothing is written');
  },
  title: (name = '') => `compares: ${name}`,
});

const write = (name: string, text: string) => async (dir: string) => {
  await fs.mkdir(path.dirname(path.join(dir, name)), { recursive: true });
  await fs.writeFile(path.join(dir, name), text);
};

test('the same', finds, async () => undefined, []);
test('another byte', finds, write('aws/README', 'R'), ['differs aws/README']);
test('a file too many', finds, write('aws/etcd/notes', ''), ['left over aws/etcd/notes']);
test('a file too few', finds, (dir: string) => fs.rm(path.join(dir, 'aws/etcd'), { recursive: true }), [
  'missing aws/etcd/user-data',
]);
test('nothing there', finds, (dir: string) => fs.rm(dir, { recursive: true }), [
  'missing aws/.quorumgate',
  'missing aws/README',
  'missing aws/etcd/user-data',
]);
test(
  'a file where a folder belongs',
  finds,
  async (dir: string) => {
    await fs.rm(path.join(dir, 'aws/etcd'), { recursive: true });
    await fs.writeFile(path.join(dir, 'aws/etcd'), '');
  },
  ['left over aws/etcd', 'missing aws/etcd/user-data'],
);
test(
  'a link to the same bytes',
  finds,
  async (dir: string) => {
    await fs.rename(path.join(dir, 'aws/README'), path.join(dir, 'r'));
    await fs.symlink('../r', path.join(dir, 'aws/README'));
  },
  ['differs aws/README'],
);
const earlier = (dir: string) => writeOutput(dir, [file('vagrant/Vagrantfile', 'v')]);
test(
  'a target of an earlier spec',
  finds,
  earlier,
  ['left over vagrant/.quorumgate', 'left over vagrant/Vagrantfile'],
  ['aws', 'vagrant'],
);
test('a target that was not asked about', finds, earlier, []);
test("the user's own folder", finds, write('vagrant/Vagrantfile', 'v'), [], ['aws', 'vagrant']);

test('a folder that cannot be read', async (t) => {
  await t.throwsAsync(compareOutput(`/${'x'.repeat(300)}`, FILES), { instanceOf: IoError });
});

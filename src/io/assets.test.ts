import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { loadAssets } from './assets.ts';
import { IoError } from './io-error.ts';

async function installation(t: { teardown(done: () => Promise<void>): void }, files: Record<string, string>) {
  const root = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-test-'));
  t.teardown(() => fs.rm(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await fs.writeFile(path.join(root, name), text);
  }
  return root;
}

const FILES = {
  'units/b.service': 'b',
  'units/a.target': 'a',
  'units/README.md': 'no',
  'units/static-pod/b.service': 'pod',
  'units/scripts/up.sh': 'up',
  'templates/consul.json': 'c',
};
const EXPECTED = {
  units: { 'a.target': 'a', 'b.service': 'b', 'static-pod/b.service': 'pod' },
  scripts: { up: 'up' },
  templates: { 'consul.json': 'c' },
  sidekicks: { 'etcd-ready': 'r' },
};

test('reads the source tree', async (t) => {
  const root = await installation(t, { ...FILES, 'dist/sidekick/etcd-ready.cjs': 'r', 'dist/sidekick/x.map': 'no' });
  t.deepEqual(await loadAssets(root), EXPECTED);
});

test('reads what is copied beside the bundle', async (t) => {
  const root = await installation(t, { ...FILES, 'sidekick/etcd-ready.cjs': 'r' });
  t.deepEqual(await loadAssets(root), EXPECTED);
});

test('says what to do when the sidekicks are not built', async (t) => {
  const root = await installation(t, FILES);
  const error = await t.throwsAsync(loadAssets(root), { instanceOf: IoError, message: /not built/ });
  t.regex(error?.remedy ?? '', /npm run build/);
});

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { LabError } from '../machine/lab-error.ts';
import { storeDirectory } from './program/artifacts.ts';
import { ensureScript, ensureSidekick, sidekickFile } from './single-executable.ts';

test('the single executable is copied into the store under its hash, or the user is told how to make it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-artifacts-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const dist = join(folder, 'dist');
  for (const name of ['sea', 'sidekick']) mkdirSync(join(dist, name), { recursive: true });
  writeFileSync(join(dist, 'sidekick/etcd-sidekick.cjs'), 'bundle');
  const ensure = () => ensureSidekick(folder, undefined, undefined, dist);
  const missing = await t.throwsAsync(ensure, { instanceOf: LabError });
  t.regex(missing?.remedy ?? '', /npm run build:sea/);

  const executable = join(dist, 'sea', sidekickFile());
  writeFileSync(executable, 'Node with an older bundl');
  await t.throwsAsync(ensure, { instanceOf: LabError }, 'of another version');
  writeFileSync(executable, 'Node with bundle');
  const { file, sha256 } = await ensure();
  t.is(sha256, createHash('sha256').update('Node with bundle').digest('hex'));
  t.is(readFileSync(join(storeDirectory(folder), file), 'utf8'), 'Node with bundle');
});

test('the script is in the store under its hash, whole, however many labs want it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-artifacts-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const sha256 = createHash('sha256').update('bundle').digest('hex');
  const served = await Promise.all([1, 2, 3].map(() => ensureScript(folder, 'bundle')));
  for (const one of served) t.deepEqual(one, { file: `etcd-sidekick-${sha256.slice(0, 12)}.cjs`, sha256 });
  t.not((await ensureScript(folder, 'another')).file, served[0]?.file);
  const files = readdirSync(storeDirectory(folder));
  t.is(files.length, 2, files.join());
  t.is(readFileSync(join(storeDirectory(folder), served[0]?.file ?? ''), 'utf8'), 'bundle');
});

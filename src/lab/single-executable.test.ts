import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { storeDirectory } from './artifacts.ts';
import { LabError } from './lab-error.ts';
import { ensureSidekick, sidekickFile } from './single-executable.ts';

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

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { acquireLock } from './lock.ts';

test('one holder at a time; those who wait get it afterwards', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-lock-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'lock');
  const first = await acquireLock(file);
  t.truthy(first);
  t.is(await acquireLock(file), undefined);
  const waiting = acquireLock(file, true);
  await first?.();
  const second = await waiting;
  t.truthy(second);
  await second?.();
});

test('what was given back is free at once, also where its holder was killed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-lock-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'lock');
  for (let turn = 0; turn < 20; turn++) {
    const release = await acquireLock(file);
    t.truthy(release, `turn ${turn}`);
    await release?.();
    await release?.();
  }
});

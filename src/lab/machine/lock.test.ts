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
  first?.();
  const second = await waiting;
  t.truthy(second);
  second?.();
});

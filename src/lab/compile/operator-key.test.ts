import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readOperatorKey } from '../../io/operator-key.ts';
import { forgetAll } from '../host/state.ts';
import { layoutOf } from '../machine/layout.ts';
import { keepOperatorKey, labOperatorKey } from './operator-key.ts';

test('a lab has a key of its own: made when it is compiled for, kept when it is booted, gone with it', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'quorumgate-lab-key-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const layout = layoutOf(directory);
  const half = labOperatorKey(layout);
  t.is(labOperatorKey(layout), half);
  t.false(existsSync(layout.operatorKey), 'compiling writes nothing');
  await keepOperatorKey(layout);
  t.is(statSync(layout.operatorKey).mode & 0o777, 0o600);
  t.is((await readOperatorKey(layout.operatorKey)).publicHalf, half);
  const text = readFileSync(layout.operatorKey, 'utf8');
  await keepOperatorKey(layout);
  t.is(readFileSync(layout.operatorKey, 'utf8'), text);
  // Cleaning up after a crash comes between compiling and booting.
  await forgetAll(layout);
  t.false(existsSync(layout.operatorKey));
  await keepOperatorKey(layout);
  t.is(labOperatorKey(layout), half);
});

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { hasWal, identityPath, loadIdentity, saveIdentity } from './identity.ts';

const directory = () => mkdtempSync(join(tmpdir(), 'quorumgate-identity-'));

test('an identity is made once and read back', (t) => {
  const disk = directory();
  const first = loadIdentity(disk, 'machine');
  t.is(first.phase, 'fresh');
  t.deepEqual(loadIdentity(disk, 'machine'), first);
  t.deepEqual(readdirSync(disk), ['quorumgate.json']);
});

test('a wiped disk is another incarnation', (t) => {
  const disk = directory();
  const { incarnation } = loadIdentity(disk, 'machine');
  rmSync(identityPath(disk));
  t.not(loadIdentity(disk, 'machine').incarnation, incarnation);
});

test('launched is kept, and the drafts are not', (t) => {
  const disk = directory();
  saveIdentity(disk, { ...loadIdentity(disk, 'machine'), phase: 'launched' });
  t.is(loadIdentity(disk, 'machine').phase, 'launched');
  t.deepEqual(readdirSync(disk), ['quorumgate.json']);
});

test('a damaged identity is an error, not a new one', (t) => {
  const disk = directory();
  writeFileSync(identityPath(disk), '{"incarnation":1}');
  t.throws(() => loadIdentity(disk, 'machine'), { message: /is not an identity/ });
  writeFileSync(identityPath(disk), '');
  t.throws(() => loadIdentity(disk, 'machine'));
});

test('a WAL is a *.wal file, as etcd sees it', (t) => {
  const disk = directory();
  t.false(hasWal(disk));
  mkdirSync(join(disk, 'member', 'wal'), { recursive: true });
  t.false(hasWal(disk));
  writeFileSync(join(disk, 'member', 'wal', '0.tmp'), '');
  t.false(hasWal(disk));
  writeFileSync(join(disk, 'member', 'wal', '0000000000000000-0000000000000000.wal'), '');
  t.true(hasWal(disk));
});

import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readSnapshot } from './snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-snapshot-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();

function file(name: string, data: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, data);
  return path;
}

for (const pages of [1, 128, 1000]) {
  test(`a database of ${pages * 512} bytes with its checksum`, async (t) => {
    const database = randomBytes(pages * 512);
    const whole = Buffer.concat([database, sha256(database)]);
    const path = file(`good-${pages}.db`, whole);
    const expected = { file: path, bytes: whole.length, sha256: sha256(whole).toString('hex') };
    t.deepEqual(await readSnapshot(path), expected);
  });
}

const bad = test.macro<[name: string, data: Buffer, message: RegExp]>(async (t, name, data, message) => {
  const error = await t.throwsAsync(readSnapshot(file(name, data)), { message });
  t.true(error !== undefined && 'remedy' in error);
});

const database = randomBytes(1024);
test('one byte is another', bad, 'damaged', Buffer.concat([randomBytes(1024), sha256(database)]), /is damaged/);
test(
  'cut at the end',
  bad,
  'cut',
  Buffer.concat([database, sha256(database)]).subarray(0, -1),
  /is no snapshot of etcd/,
);
test('no checksum', bad, 'bare', database, /is no snapshot: no checksum/);
test('a checksum and nothing else', bad, 'nothing', sha256(Buffer.alloc(0)), /is no snapshot of etcd: 32 bytes/);
test('empty', bad, 'empty', Buffer.alloc(0), /is no snapshot of etcd: 0 bytes/);

test('no file, and a folder', async (t) => {
  await t.throwsAsync(readSnapshot(join(folder, 'none')), { message: /Cannot read .*ENOENT/ });
  await t.throwsAsync(readSnapshot(folder), { message: /is no snapshot|Cannot read/ });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { zipSync } from 'fflate';
import { programsIn } from './pod-image.ts';
import { isDynamic } from './program/executable.ts';

test('programs are found in an archive as Debian has it, and as upstream has it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-pod-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'etcd-v3/Documentation'), { recursive: true });
  for (const name of ['etcd', 'etcdctl', 'README.md']) writeFileSync(join(folder, 'etcd-v3', name), name);
  execFileSync('tar', ['-czf', 'etcd.tar.gz', 'etcd-v3'], { cwd: folder });
  writeFileSync(join(folder, 'consul.zip'), zipSync({ consul: Buffer.from('consul') }));
  const found = async (archive: string) =>
    (await programsIn(join(folder, archive), join(folder, 'out'))).map(({ path, bytes }) => [
      path,
      Buffer.from(bytes).toString(),
    ]);
  t.deepEqual(await found('etcd.tar.gz'), [
    ['usr/local/bin/etcd', 'etcd'],
    ['usr/local/bin/etcdctl', 'etcdctl'],
  ]);
  t.deepEqual(await found('consul.zip'), [['usr/local/bin/consul', 'consul']]);
});

test('a program wants the C library if it names a loader; what is no ELF may want anything', (t) => {
  const elf = (...types: number[]) => {
    const bytes = Buffer.alloc(64 + 56 * types.length);
    bytes.write('\x7fELF', 'latin1');
    bytes.writeBigUInt64LE(64n, 32);
    bytes.writeUInt16LE(56, 54);
    bytes.writeUInt16LE(types.length, 56);
    for (const [index, type] of types.entries()) bytes.writeUInt32LE(type, 64 + 56 * index);
    return bytes;
  };
  t.true(isDynamic(elf(6, 3, 1)));
  t.false(isDynamic(elf(6, 4, 1)));
  t.true(isDynamic(Buffer.from('#!/bin/sh\n')));
});

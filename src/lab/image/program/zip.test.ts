import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import { printZip, readZip } from './zip.ts';

const files = [
  { path: 'consul', bytes: Buffer.from('#!/bin/sh\n'.repeat(1000)) },
  { path: 'folder/empty', bytes: Buffer.alloc(0) },
];

test('what is packed is there again, and the same files are the same bytes', (t) => {
  const archive = printZip(files);
  t.deepEqual(readZip(archive), files);
  t.deepEqual(printZip(files), archive);
});

test('another reader of the format gets the same', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-zip-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'x.zip'), printZip(files));
  try {
    execFileSync('python3', ['-m', 'zipfile', '-e', 'x.zip', 'out'], { cwd: folder });
  } catch {
    return t.log('there is no Python here');
  }
  t.deepEqual(readFileSync(join(folder, 'out/consul')), files[0]?.bytes);
});

test('stored files are read too; what is damaged, or none, is refused', (t) => {
  const archive = printZip(files);
  const crc = archive.indexOf(Buffer.from(Uint32Array.of(crc32(files[0]?.bytes ?? '')).buffer), 30);
  archive[crc] = (archive[crc] ?? 0) ^ 1;
  t.throws(() => readZip(archive), { message: /consul is damaged/ });
  t.throws(() => readZip(Buffer.from('no archive')), { message: /not a zip/ });
  const stored = Buffer.from(
    'UEsDBAoAAAAAAAAAIQCGphA2BQAAAAUAAAABAAAAYWhlbGxvUEsBAh4DCgAAAAAAAAAhAIamEDYFAAAABQAAAAEAAAAAAAAAAAAAAKSBAAAAAGFQSwUGAAAAAAEAAQAvAAAAJAAAAAAA',
    'base64',
  );
  t.is(String(readZip(stored)[0]?.bytes), 'hello');
});

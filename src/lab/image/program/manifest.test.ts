import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ARCH, addToManifest, type Brought, readManifest } from './manifest.ts';

const row = (version: string, changes: Partial<Brought> = {}): Brought => ({
  ...{ program: 'etcd', version, arch: ARCH, file: `programs/etcd-v${version}.tar.gz`, sha256: 'a'.repeat(64) },
  ...{ from: 'Go modules', how: 'by hand', stamp: 'x', ...changes },
});

test('a row takes the place of one of the same version; what is gone from the disk, or not for here, does not count', async (t) => {
  const cache = mkdtempSync(join(tmpdir(), 'quorumgate-manifest-'));
  t.teardown(() => rmSync(cache, { recursive: true, force: true }));
  t.deepEqual(readManifest(cache), []);
  mkdirSync(join(cache, 'programs'));
  for (const version of ['3.5.9', '3.5.16']) writeFileSync(join(cache, `programs/etcd-v${version}.tar.gz`), '');
  await Promise.all(['3.5.16', '3.5.9', '3.6.0'].map((version) => addToManifest(cache, row(version))));
  await addToManifest(cache, row('3.5.9', { stamp: 'y' }));
  t.deepEqual(
    readManifest(cache).map(({ version, stamp }) => [version, stamp]),
    [
      ['3.5.9', 'y'],
      ['3.5.16', 'x'],
    ],
  );
  await addToManifest(cache, row('3.5.16', { arch: ARCH === 'amd64' ? 'arm64' : 'amd64' }));
  t.deepEqual(
    readManifest(cache).map(({ version }) => version),
    ['3.5.9'],
  );
});

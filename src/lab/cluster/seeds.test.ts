import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { layoutOf } from '../machine/layout.ts';
import { filesFrom, readSeeds, type Seeds, writeSeeds } from './seeds.ts';

const key = { path: '/etc/key', mode: 0o600, content: new Uint8Array([0, 255, 10]), owner: { uid: 1, gid: 2 } };

test('what a host needs on an empty disk is the same in a later process', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'quorumgate-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const layout = layoutOf(directory);
  const compiled = new Map([['aws/etcd/user-data', new TextEncoder().encode('#cloud-config\n')]]);
  const seeds: Seeds = { compiled, own: new Map([['etcd-1', [key]]]) };
  await writeSeeds(layout, seeds);
  t.is(statSync(layout.seeds).mode & 0o777, 0o600, 'there may be keys in it');
  const one = { name: 'etcd-1', role: 'etcd', target: 'aws' } as const;
  t.deepEqual(filesFrom(readSeeds(layout), one), filesFrom(seeds, one));
  t.deepEqual(filesFrom(readSeeds(layout), one).at(-1), key);
  const other = filesFrom(readSeeds(layout), { ...one, name: 'etcd-4' });
  t.false(other.some(({ path }) => path === key.path));
});

test('a lab without them says what to do', (t) => {
  t.throws(() => readSeeds(layoutOf('/nonexistent')), { message: /new disk needs is not there/ });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { LabError } from '../../machine/lab-error.ts';
import { storeDirectory } from './artifacts.ts';
import { ARCH, addToManifest } from './manifest.ts';
import { provide, provideNode, versionsOf } from './provide.ts';

const hash = (letter: string) => letter.repeat(64);
const url = (name: string) => ({ url: `https://nobody.invalid/${name}`, sha256: hash('f') });

/** A cache with what Debian has, and these builds. */
async function cacheWith(t: { teardown(fn: () => void): void }, builds: Record<string, string[]>) {
  const cache = mkdtempSync(join(tmpdir(), 'quorumgate-provide-'));
  t.teardown(() => rmSync(cache, { recursive: true, force: true }));
  const store = storeDirectory(cache);
  mkdirSync(store, { recursive: true });
  for (const [program, line, version] of [
    ['consul', '1.8', '1.8.7'],
    ['etcd', '3.5', '3.5.16'],
    ['etcd', '3.4', '3.4.23'],
  ]) {
    const file = `${program}-${version}.tar.gz`;
    writeFileSync(join(store, file), '');
    writeFileSync(
      join(store, `${program}-${line}.json`),
      JSON.stringify({ program, version, file, sha256: hash('d') }),
    );
  }
  mkdirSync(join(cache, 'programs'));
  for (const [program, versions] of Object.entries(builds)) {
    for (const version of versions) {
      const file = `programs/${program}-v${version}.tar.gz`;
      writeFileSync(join(cache, file), version);
      const row = { program, version, arch: ARCH, file, sha256: hash('b'), from: 'Go modules', how: '', stamp: '' };
      await addToManifest(cache, row);
    }
  }
  return { cache, offline: true, say: () => undefined };
}

test('the version of the spec, as it is built or as Debian has it, is nothing to tell; where a URL failed, it is', async (t) => {
  const options = await cacheWith(t, { etcd: ['3.6.16', '3.7.3'] });
  const built = await provide({ program: 'etcd', version: '3.6.16' }, options);
  t.deepEqual(built, {
    program: { program: 'etcd', version: '3.6.16', file: 'bbbbbbbbbbbb-etcd-v3.6.16.tar.gz', sha256: hash('b') },
  });
  t.is(readFileSync(join(storeDirectory(options.cache), built.program.file), 'utf8'), '3.6.16');
  const debian = await provide({ program: 'etcd', version: '3.5.16' }, options);
  t.deepEqual(debian, {
    program: { program: 'etcd', version: '3.5.16', file: 'etcd-3.5.16.tar.gz', sha256: hash('d') },
  });
  const source = url('etcd-v3.6.16-linux.tar.gz');
  const { program, note } = await provide({ program: 'etcd', version: '3.6.16', source }, options);
  t.is(program.version, '3.6.16');
  t.is(note, 'etcd 3.6.16 from Go modules: nothing is fetched with --offline');
});

test('another version stands in only where that one is not to be had, and is told', async (t) => {
  const bare = await cacheWith(t, {});
  const without = await provide({ program: 'etcd', version: '3.6.1' }, bare);
  t.is(without.program.version, '3.5.16');
  t.is(without.note, 'etcd 3.5.16 from Debian trixie in the place of 3.6.1, of which there is no build here');
  const options = await cacheWith(t, { etcd: ['3.6.16', '3.5.35'], consul: ['1.14.11'] });
  t.is((await provide({ program: 'etcd', version: '3.6.1' }, options)).program.version, '3.6.16');
  t.is((await provide({ program: 'etcd', version: '3.5.20' }, options)).program.version, '3.5.35');
  const source = url('consul_1.20.1_linux.zip');
  const consul = await provide({ program: 'consul', source }, { ...options, offline: false });
  t.is(consul.program.version, '1.14.11');
  t.is(
    consul.note,
    'consul 1.14.11 from Go modules in the place of 1.20.1, of which there is no build here: nobody.invalid cannot be resolved here',
  );
  const unnamed = await provide({ program: 'consul', source: url('consul') }, options);
  t.is(unnamed.program.version, '1.8.7');
  t.is(unnamed.note, 'consul 1.8.7 from Debian bullseye: nothing is fetched with --offline');
  t.is((await provide({ program: 'consul' }, options)).program.version, '1.8.7', 'as ever, where none is named');
});

test('what is asked for is had, or it is an error that says what there is', async (t) => {
  const options = await cacheWith(t, { etcd: ['3.7.3', '3.7.20'] });
  const ask = async (asked: string, version = '3.5.16') =>
    (await provide({ program: 'etcd', version, asked }, options)).program.version;
  t.is(await ask('3.7'), '3.7.20');
  t.is(await ask('3.7.3'), '3.7.3');
  t.is(await ask('3.4'), '3.4.23');
  t.is(await ask('3.5.16', '3.6.0'), '3.5.16');
  await t.throwsAsync(ask('3.6.0', '3.6.0'), { message: /the lab has no etcd 3\.6\.0/ });
  const error = await t.throwsAsync(ask('3.5.99'), { instanceOf: LabError });
  t.is(
    error?.message,
    'the lab has no etcd 3.5.99: it has 3.5.16, 3.7.3, 3.7.20, 3.5 (Debian trixie), 3.4 (Debian bookworm)',
  );
});

test('Node is served as the spec has it, or is the one of the image', async (t) => {
  const options = await cacheWith(t, { node: ['22.23.5'] });
  const { program } = await provideNode({ program: 'node', source: url('node-v22.23.5-linux.tar.xz') }, options);
  t.is(program?.version, '22.23.5');
  t.is((await provideNode({ program: 'node', version: '22.23.5' }, options)).note, undefined);
  const other = await provideNode({ program: 'node', version: '20.1.0' }, options);
  t.deepEqual(other, { note: "node of the hosts' image in the place of 20.1.0" });
});

test.serial('versions are those that were given, else those of the environment', (t) => {
  const { QUORUMGATE_LAB_ETCD: before } = process.env;
  t.teardown(() => {
    if (before === undefined) delete process.env.QUORUMGATE_LAB_ETCD;
    else process.env.QUORUMGATE_LAB_ETCD = before;
  });
  process.env.QUORUMGATE_LAB_ETCD = '3.7';
  t.is(versionsOf({}).etcd, '3.7');
  t.is(versionsOf({ etcd: '3.6' }).etcd, '3.6');
  process.env.QUORUMGATE_LAB_ETCD = '';
  t.is(versionsOf({}).etcd, undefined);
});

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { unzipSync } from 'fflate';
import { hashOf } from './artifacts.ts';
import { type Made, make } from './make.ts';
import { ARCH, readManifest } from './manifest.ts';
import type { Row } from './rows.ts';

const row: Row = {
  program: 'etcd',
  version: '3.6.1',
  source: { kind: 'go', module: 'm', mains: { etcd: 'example.com/etcd', etcdctl: 'example.com/etcdctl' } },
};

/** A cache, a module, and a Go that writes shell scripts; each build is a line of `log`. */
function stage(t: { teardown(fn: () => void): void }, says = '3.6.1') {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-make-'));
  const { PATH: before } = process.env;
  t.teardown(() => {
    process.env.PATH = before;
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of ['bin', 'modules/m']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['go.mod', 'go.sum']) writeFileSync(join(folder, 'modules/m', name), name);
  const go = `#!/bin/sh
[ "$1" != version ] || { echo 'go version go1.26.8 linux/amd64'; exit; }
echo "$GOFLAGS $*" >>${folder}/log
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho version ${says}\\n' >"$2"; chmod +x "$2"
`;
  writeFileSync(join(folder, 'bin/go'), go);
  chmodSync(join(folder, 'bin/go'), 0o755);
  process.env.PATH = `${join(folder, 'bin')}:${before}`;
  const builds = () => readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  return { cache: join(folder, 'cache'), modules: join(folder, 'modules'), builds, say: () => undefined };
}

const brought = (made: Made) => {
  if ('why' in made) throw new Error(made.why);
  return made.brought;
};

test.serial(
  'a build is laid out as a release, always the same bytes, and made once for the same sources',
  async (t) => {
    const all = stage(t);
    const { file, sha256 } = brought(await make(row, all));
    t.is(file, `programs/etcd-v3.6.1-linux-${ARCH}.tar.gz`);
    const list = execFileSync('tar', ['-tzf', join(all.cache, file)], { encoding: 'utf8' });
    const folder = `etcd-v3.6.1-linux-${ARCH}/`;
    t.deepEqual(list.trim().split('\n'), [folder, `${folder}etcd`, `${folder}etcdctl`]);
    t.regex(all.builds()[0] ?? '', /^-mod=readonly build -trimpath -ldflags=-s -w -o \S+\/etcd example\.com\/etcd$/);
    t.like(readManifest(all.cache)[0], { version: '3.6.1', from: 'Go modules', sha256 });
    t.false(((await make(row, all)) as { isNew: boolean }).isNew);
    t.is(all.builds().length, 2);
    writeFileSync(join(all.modules, 'm/go.sum'), 'other');
    t.is(brought(await make(row, all)).sha256, sha256);
    t.is(all.builds().length, 4);
  },
);

test.serial('Consul is a zip, its version set by the linker', async (t) => {
  const all = stage(t, '1.14.11');
  const set = { 'example.com/version.Version': '1.14.11' };
  const source = { kind: 'go', module: 'm', mains: { consul: 'example.com/consul' }, set } as const;
  const { file, sha256 } = brought(await make({ program: 'consul', version: '1.14.11', source }, all));
  t.is(file, `programs/consul_1.14.11_linux_${ARCH}.zip`);
  t.is(await hashOf(join(all.cache, file)), sha256);
  t.deepEqual(Object.keys(unzipSync(readFileSync(join(all.cache, file)))), ['consul']);
  t.true(all.builds()[0]?.includes('-X example.com/version.Version=1.14.11'));
});

test.serial('what cannot be had has its reason', async (t) => {
  const all = stage(t, '3.6.0');
  const wrong = await make(row, all);
  t.like(wrong, { isFailure: true, why: 'it does not say that it is 3.6.1: version 3.6.0' });
  t.deepEqual(readManifest(all.cache), []);
  writeFileSync(join(all.modules, '../bin/go'), '#!/bin/sh\nexit 1\n');
  t.deepEqual(await make(row, all), { why: 'no Go on this machine', isFailure: false });
  const none = await make({ program: 'consul', version: '9', source: { kind: 'none', why: 'because' } }, all);
  t.deepEqual(none, { why: 'because', isFailure: false });
});

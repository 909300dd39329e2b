import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CONTAINERD, provideKubelet } from './kubelet-program.ts';
import { PAUSE } from './pod-image.ts';
import { hashOf } from './program/artifacts.ts';
import { ARCH, addToManifest } from './program/manifest.ts';

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'quorumgate-kubelet-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('a kubelet that was built is served as the bare program, the newest; else it is said that there is none', async (t) => {
  const cache = folder(t);
  const without = await provideKubelet(cache);
  t.is(without.program, undefined);
  t.regex(without.note, /^STAND-IN for the kubelet.*npm run programs -- kubernetes/);

  const bin = join(cache, 'tree/kubernetes/server/bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(cache, 'programs'));
  for (const version of ['1.9.0', '1.34.4']) {
    for (const name of ['kubeadm', 'kubelet']) writeFileSync(join(bin, name), `${name} ${version}`);
    const file = `programs/kubernetes-${version}.tar.gz`;
    execFileSync('tar', ['-czf', join(cache, file), '-C', join(cache, 'tree'), 'kubernetes']);
    const sha256 = await hashOf(join(cache, file));
    const row = { program: 'kubernetes', version, file, sha256, arch: ARCH, from: 'Go modules', how: '', stamp: '' };
    await addToManifest(cache, row);
  }
  const { program, note } = await provideKubelet(cache);
  t.is(note, 'the kubelet is a real one, 1.34.4, from Go modules');
  const served = join(cache, 'artifacts', program?.file ?? '');
  t.is(readFileSync(served, 'utf8'), 'kubelet 1.34.4');
  t.is(await hashOf(served), program?.sha256 ?? '');
  t.regex(program?.file ?? '', /kubelet$/, 'hosts unpack what ends otherwise');
  t.deepEqual(await provideKubelet(cache), { ...(program && { program }), note }, 'it is there');
});

test('containerd gets what its unit names and what the lab adds; without a configuration it is Debian’s as it is', (t) => {
  const root = folder(t);
  const places = {
    '/usr/bin/containerd': 'debian',
    '/etc/quorumgate/pods': 'pods',
    '/run/containerd-lab.toml': 'toml',
  };
  let script = CONTAINERD;
  for (const [place, name] of Object.entries(places)) script = script.replaceAll(place, join(root, name));
  writeFileSync(join(root, 'debian'), '#!/bin/sh\necho "$@"\n');
  chmodSync(join(root, 'debian'), 0o755);
  mkdirSync(join(root, 'pods'));
  writeFileSync(join(root, 'pods/etcd.json'), '{\n "image": "10.77.0.1/etcd@sha256:00",\n "name": "etcd"\n}\n');
  writeFileSync(join(root, 'given'), 'version = 2\n');
  writeFileSync(join(root, 'containerd'), script);
  const run = (...args: string[]) =>
    execFileSync('sh', [join(root, 'containerd'), ...args], { encoding: 'utf8' }).replaceAll(root, '');
  t.is(run('--version'), '--version\n');
  t.is(run(), '\n');
  t.is(run(`--config=${join(root, 'given')}`, '--log-level=debug'), '--config=/toml --log-level=debug\n');
  const toml = readFileSync(join(root, 'toml'), 'utf8');
  t.regex(toml, /^version = 2$/m);
  t.true(toml.includes(`sandbox_image = "10.77.0.1/${PAUSE}"\n`));
  t.true(toml.includes('registry.mirrors."10.77.0.1"]\nendpoint = ["http://10.77.0.1"]\n'));
});

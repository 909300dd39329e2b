import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { load } from 'js-yaml';
import { type Compiled, compile } from '../../compile.ts';
import type { CloudConfig } from '../../format/cloud-config.ts';
import { sha256 } from '../../format/hash.ts';
import { loadAssets } from '../../io/assets.ts';
import { bootGraph, orderingCycles } from '../../plan/graph.ts';
import type { Spec } from '../../spec/defaults.ts';
import { fetchFiles } from '../fetched.ts';
import { noise } from '../noise.ts';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
const testdata = fileURLToPath(new URL('testdata/', import.meta.url));
const assets = await loadAssets();
/** The sidekick's own bytes are dist/'s business: a golden file shows all else. */
const withSidekick = (content: string) => ({ ...assets, sidekicks: { 'etcd-sidekick': content } });
const specs = readdirSync(examples).filter((name) => name.endsWith('.yaml'));
const specOf = (name: string) => readFileSync(examples + name, 'utf8');

/** cloud-init's own reader, where it is. */
const pythonic = spawnSync('python3', ['-c', 'import yaml']).status === 0 ? test : test.skip;

function textOf(compiled: Compiled, path: string): string {
  const found = compiled.files.find((file) => file.path === path);
  return Buffer.from(found?.bytes ?? []).toString('utf8');
}

for (const name of specs) {
  const compiled = compile(specOf(name), { file: name, assets: withSidekick('#!/opt/quorumgate/bin/node\n') });
  for (const { path } of compiled.files.filter((file) => file.path.endsWith('.yaml'))) {
    const role = path.split('/')[1] ?? '';
    test(`golden: ${name}, ${role}`, (t) => {
      const golden = `${testdata}${name.replace('.yaml', '')}.${role}.yaml`;
      const text = textOf(compiled, path);
      if (process.env.UPDATE !== undefined) {
        mkdirSync(testdata, { recursive: true });
        writeFileSync(golden, text);
      }
      t.is(text, readFileSync(golden, 'utf8'));
    });

    test(`form: ${name}, ${role}`, (t) => {
      const text = textOf(compiled, path);
      t.true(text.startsWith('#cloud-config\n'));
      const packed = compiled.files.find((file) => file.path === `aws/${role}/user-data`)?.bytes ?? new Uint8Array();
      t.is(gunzipSync(packed).toString('utf8'), text);
      const config = load(text) as CloudConfig;
      const ours = ['bootcmd', 'write_files', 'runcmd'];
      t.deepEqual(Object.keys(config), name === 'extra.yaml' ? ['bootcmd', 'users', ...ours.slice(1), 'ntp'] : ours);
      const paths = config.write_files.map((file) => file.path);
      t.is(new Set(paths).size, paths.length);
      for (const file of config.write_files) {
        t.regex(file.permissions, /^0[0-7]{3}$/);
        t.regex(file.path, /^\/(etc|opt)\//);
        t.notRegex(file.content, /\r|PRIVATE KEY/);
        for (const line of file.content.split('\n')) {
          // Nothing that cloud-init runs may wait for a unit.
          if (/systemctl .*(start|restart)/.test(line)) t.regex(line, /--no-block/);
        }
      }
    });

    pythonic(`a YAML 1.1 reader reads the same: ${name}, ${role}`, (t) => {
      const read = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))';
      const python = spawnSync('python3', ['-c', read], { input: textOf(compiled, path), encoding: 'utf8' });
      t.deepEqual(JSON.parse(python.stdout), load(textOf(compiled, path)));
    });
  }
}

test('the same spec gives the same bytes', (t) => {
  const [one, two] = [1, 2].map(() => compile(specOf('plain.yaml'), { file: 'x', assets }).files);
  t.deepEqual(one, two);
});

test('a member takes less than two thirds of the limit, the sidekicks by URL', (t) => {
  for (const name of specs) {
    for (const { path, bytes } of compile(specOf(name), { file: name, assets }).files) {
      if (path.endsWith('/user-data')) t.true(bytes.length < (16_384 * 2) / 3, `${name} ${path}: ${bytes.length}`);
    }
  }
});

const inline = (spec: Spec): Spec => ({ ...spec, programs: { ...spec.programs, sidekick: 'inline' } });

test('over the limit nothing is emitted, and the error names the three largest parts', (t) => {
  const assets = withSidekick(noise(40_000));
  const compiled = compile(specOf('plain.yaml'), { file: 'x', assets, overlay: inline });
  t.deepEqual(compiled.files, []);
  const [error] = compiled.diagnostics;
  t.is(error?.code, 'output-too-large');
  t.regex(error?.remedy ?? '', /etcd-sidekick [0-9,]+, .+ [0-9,]+, .+ [0-9,]+/);
  t.regex(error?.remedy ?? '', /programs\.sidekick: {url: .+documents: {baseUrl: .+EC2 User Guide/);
});

test('what is largest is said near the limit, and else when it is asked for', (t) => {
  const line = (noisy: number, sizes?: boolean) => {
    const assets = withSidekick(noise(noisy));
    return compile(specOf('plain.yaml'), { file: 'x', assets, sizes, overlay: inline }).report[0] ?? '';
  };
  t.notRegex(line(1000), /largest/);
  t.regex(line(1000, true), /^aws\/etcd: .+, gzip; largest: \/.+ [0-9,]+, \/.+ [0-9,]+, \/.+ [0-9,]+$/);
  const near = line(9000);
  t.regex(near, /; largest: \/opt\/quorumgate\/bin\/etcd-sidekick /);
  t.is(near, line(9000, true));
});

test('what is fetched: cloud-init writes two files and waits for nothing', (t) => {
  const compiled = compile(specOf('plain.yaml'), {
    file: 'x',
    assets: withSidekick(noise(40_000)),
    sizes: true,
    overlay: (spec) =>
      inline({ ...spec, documents: { ...spec.documents, baseUrl: 'https://artifacts.example.com/a/' } }),
  });
  t.deepEqual(compiled.diagnostics, []);
  const [, upload = ''] =
    /^before a host boots, put (\S+) at \S+ \(it holds no secret\)$/.exec(compiled.report[1] ?? '') ?? [];
  t.regex(compiled.report[0] ?? '', /, gzip, the rest fetched by a unit; largest: /);
  const bytes = compiled.files.find(({ path }) => path === upload)?.bytes ?? new Uint8Array();
  const hash = sha256(bytes);
  t.is(upload, `aws/etcd/upload/etcd-${hash.slice(0, 12)}.tar.gz`);
  const text = textOf(compiled, 'aws/etcd/user-data.yaml');
  t.is(gunzipSync(compiled.files[0]?.bytes ?? '').toString(), text);
  const { write_files, runcmd } = load(text) as CloudConfig;
  t.deepEqual(
    write_files.map(({ path, permissions }) => [path, permissions]),
    [
      ['/opt/quorumgate/libexec/fetch', '0755'],
      ['/etc/systemd/system/quorumgate-fetch.service', '0644'],
    ],
  );
  const url = `https://artifacts.example.com/a/etcd-${hash.slice(0, 12)}.tar.gz`;
  t.true(write_files[1]?.content.includes(`\nExecStart=/bin/sh /opt/quorumgate/libexec/fetch ${url} ${hash} 300\n`));
  t.deepEqual(runcmd, [
    ['systemctl', '--quiet', 'enable', 'quorumgate-fetch.service'],
    ['systemctl', '--no-block', 'restart', 'quorumgate-fetch.service'],
  ]);
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0 && process.getuid?.() === 0;
(hasSystemd ? test : test.skip)('systemd-analyze verify has nothing to say about the unit that fetches', (t) => {
  const upload = {
    path: '',
    url: 'https://x/a-b_c~d/e',
    sha256: 'ab',
    sha512: '',
    file: { path: '', bytes: new Uint8Array() },
  };
  const [, unit] = fetchFiles(assets, upload, 300);
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-unit-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'quorumgate-fetch.service'), unit?.content ?? '');
  const verify = spawnSync('systemd-analyze', ['verify', '--man=no', join(folder, 'quorumgate-fetch.service')], {
    encoding: 'utf8',
  });
  t.is(verify.stdout + verify.stderr, '');
});

test('the unit that fetches is in no loop with cloud-init, and multi-user.target does not wait for it', (t) => {
  const unit = assets.templates['quorumgate-fetch.service'] ?? '';
  const graph = bootGraph({ ...assets.units, 'quorumgate-fetch.service': unit });
  t.deepEqual(orderingCycles(graph), []);
  t.true(
    graph.order.some(({ before, after }) => before === 'multi-user.target' && after === 'quorumgate-fetch.service'),
  );
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { load } from 'js-yaml';
import { type Compiled, compile } from '../../compile.ts';
import type { CloudConfig } from '../../format/cloud-config.ts';
import { loadAssets } from '../../io/assets.ts';

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
      t.deepEqual(Object.keys(config), ['write_files', 'runcmd']);
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
  const [one, two] = [1, 2].map(() => compile(specOf('mycluster.yaml'), { file: 'x', assets }).files);
  t.deepEqual(one, two);
});

test('a member leaves 256 bytes of the limit, both sidekicks inline', (t) => {
  for (const name of specs) {
    for (const { path, bytes } of compile(specOf(name), { file: name, assets }).files) {
      if (path.endsWith('/user-data')) t.true(bytes.length <= 16_384 - 256, `${name} ${path}: ${bytes.length}`);
    }
  }
});

/** Text that no compressor shortens much, the same each time. */
function noise(length: number): string {
  let state = 1;
  let text = '';
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

test('the limit falls between 16,384 and 16,385 bytes', (t) => {
  const sized = (length: number) => {
    const { files, report } = compile(specOf('mycluster.yaml'), { file: 'x', assets: withSidekick(noise(length)) });
    return { fits: files.length > 0, size: Number(/ ([0-9,]+) of/.exec(report[0] ?? '')?.[1]?.replace(',', '')) };
  };
  let [fitting, tooLong] = [1000, 40_000];
  while (tooLong - fitting > 1) {
    const middle = Math.floor((fitting + tooLong) / 2);
    if (sized(middle).fits) fitting = middle;
    else tooLong = middle;
  }
  const [last, first] = [sized(fitting).size, sized(tooLong).size];
  t.true(last <= 16_384 && first > 16_384, `${last} fits, ${first} does not`);
  t.true(first - last <= 3, `${last} fits, ${first} does not`);
});

test('over the limit nothing is emitted, and the error names the three largest parts', (t) => {
  const compiled = compile(specOf('mycluster.yaml'), { file: 'x', assets: withSidekick(noise(40_000)) });
  t.deepEqual(compiled.files, []);
  const [error] = compiled.diagnostics;
  t.is(error?.code, 'output-too-large');
  t.regex(error?.remedy ?? '', /etcd-sidekick [0-9,]+, .+ [0-9,]+, .+ [0-9,]+/);
});

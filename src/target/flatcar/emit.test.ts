import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import type { Spec } from '../../spec/defaults.ts';
import { printTree } from '../host-tree.ts';
import { noise } from '../noise.ts';
import { flatcar } from './emit.ts';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
const testdata = fileURLToPath(new URL('testdata/', import.meta.url));
const assets = await loadAssets();
const specs = readdirSync(examples).filter((name) => name.endsWith('.yaml'));
const specOf = (name: string) => readFileSync(examples + name, 'utf8');
const sidekick = { url: 'https://artifacts.example.com/etcd-sidekick-x64', sha256: '0a'.repeat(32) };
const here = (spec: Spec): Spec => ({ ...spec, targets: ['flatcar'], programs: { ...spec.programs, sidekick } });

for (const name of specs) {
  const compiled = compile(specOf(name), { file: name, assets, sizes: true, overlay: here });
  for (const { path, bytes } of compiled.files.filter((file) => file.path.endsWith('/config.ign'))) {
    const role = path.split('/')[1] ?? '';
    test(`golden: ${name}, ${role}`, (t) => {
      const text = new TextDecoder().decode(bytes);
      const tree = flatcar.interpret(compiled.files).get(role) ?? { files: new Map(), enabled: [] };
      for (const [ending, content] of [
        ['ign', text],
        ['txt', printTree(tree)],
      ] as const) {
        const golden = `${testdata}${name.replace('.yaml', '')}.${role}.${ending}`;
        if (process.env.UPDATE !== undefined) {
          mkdirSync(testdata, { recursive: true });
          writeFileSync(golden, content);
        }
        t.is(content, readFileSync(golden, 'utf8'));
      }
      const contents = [...tree.files]
        .map(([file, { bytes: own }]) => (file.endsWith('.gz') ? '' : new TextDecoder().decode(own)))
        .join('');
      t.notRegex(contents, /\r|PRIVATE KEY/);
    });
  }

  test(`fits, and says in which form: ${name}`, (t) => {
    t.false(compiled.diagnostics.some(({ severity }) => severity === 'error'));
    t.true(compiled.files.length > 0);
    for (const line of compiled.report.filter((one) => !one.startsWith('before a host boots')))
      t.regex(
        line,
        /^flatcar\/[a-z-]+: [0-9,]+ of [0-9,]+ bytes \(.+\), (inline; largest: \/|config\.replace with gzip; largest: \/|config\.replace by URL$)/,
      );
  });
}

test('the same spec gives the same bytes', (t) => {
  const [one, two] = [1, 2].map(() => compile(specOf('plain.yaml'), { file: 'x', assets, overlay: here }).files);
  t.deepEqual(one, two);
});

test('a program from packages is refused: there is no package manager', (t) => {
  const { files, diagnostics } = compile(specOf('plain.yaml'), {
    file: 'x',
    assets,
    overlay: (spec) => ({ ...spec, targets: ['flatcar'] }),
  });
  t.deepEqual(files, []);
  t.deepEqual(
    diagnostics.map(({ code, pointer }) => [code, pointer]),
    [['no-package-manager', '/programs/node']],
  );
});

test('over the limit in every form nothing is emitted, and the error names the largest parts', (t) => {
  const { files, diagnostics } = compile(specOf('plain.yaml'), {
    file: 'x',
    assets: { ...assets, sidekicks: { 'etcd-sidekick': noise(40_000) } },
    overlay: (spec) => ({
      ...spec,
      targets: ['flatcar'],
      programs: { ...spec.programs, node: 'image', sidekick: 'inline' },
    }),
  });
  t.deepEqual(files, []);
  t.is(diagnostics[0]?.code, 'output-too-large');
  t.regex(diagnostics[0]?.remedy ?? '', /etcd-sidekick [0-9,]+, .+ [0-9,]+, .+ [0-9,]+/);
  t.regex(diagnostics[0]?.remedy ?? '', /programs\.sidekick: {url: .+documents: {baseUrl: .+EC2 User Guide/);
});

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { WITHOUT_PROGRAMS } from '../spec/reference.ts';
import { inFolder } from './folder-testing.ts';

// Defects that new users have met, played as they met them.
const root = fileURLToPath(new URL('../..', import.meta.url));
const AGAIN = WITHOUT_PROGRAMS.replace('servers: members', 'servers: members\n  # of our own');

/** A remedy's "Add `LINES` under `KEY`", or "Add `LINES`", done to a spec in block style. */
function follow(spec: string, remedy: string): string {
  const [, lines = '', under] = /Add `(.+?)`(?: under `([a-z.]+)`)?\./.exec(remedy) ?? [];
  if (under === undefined) return `${spec}${lines}\n`;
  const key = under.split('.').at(-1) ?? '';
  const [, indent = ''] = new RegExp(`^( *)${key}:$`, 'm').exec(spec) ?? [];
  return spec.replace(new RegExp(`^ *${key}:$`, 'm'), (line) => `${line}\n${indent}  ${lines}`);
}

for (const [program, spec, under] of [
  ['consul', `${AGAIN}programs:\n  consul: release\nreleases:\n  index: a.json\n`, '`version: 2.1.0` under `consul`'],
  [
    'node',
    `${AGAIN}programs:\n  node: release\nreleases:\n  index: a.json\n`,
    '`versions: {node: 20.19.5}` under `releases`',
  ],
  [
    'node',
    `${AGAIN}programs:\n  socat: release\n  node: release\nreleases:\n  index: a.json\n  versions:\n    socat: 1.8.0.3\n`,
    '`node: 20.19.5` under `releases.versions`',
  ],
] as const) {
  test(`the remedy for a release without a version, followed, is no key written twice: ${under}`, (t) => {
    const { folder, told } = inFolder<{ diagnostics: { code: string; remedy: string }[] }>(t, { 'a.yaml': spec });
    const [found] = told('check', 'a.yaml').diagnostics.filter(({ code }) => code === 'release-without-version');
    t.is(found?.remedy, `Add ${under}.`, program);
    writeFileSync(path.join(folder, 'a.yaml'), follow(spec, found?.remedy ?? ''));
    const codes = told('check', 'a.yaml').diagnostics.map(({ code }) => code);
    t.false(codes.includes('duplicate-key') || codes.includes('release-without-version'), codes.join());
  });
}

test('lock without its index: one error, at the index', (t) => {
  const programs = 'programs: {consul: release, etcd: release, sidekick: {url: "https://x/etcd-sidekick.cjs"}}';
  const spec = `${WITHOUT_PROGRAMS.replace('consul:\n', 'consul:\n  version: 2.1.0\n')}${programs}\nreleases:\n  index: none.json\n`;
  const { run } = inFolder(t, { 'a.yaml': spec });
  const { status, stderr } = run('lock', 'a.yaml');
  t.is(status, 1);
  t.regex(stderr, /^a\.yaml:18:10: error\[lock-unresolved\]: Cannot read the index .*none\.json/);
  t.regex(stderr, /\n1 error\n$/);
});

test('a document that is too large for what its target takes is marked at the target', (t) => {
  const { folder, run } = inFolder(t, {});
  cpSync(path.join(root, 'examples/broken/too-large.yaml'), path.join(folder, 'a.yaml'));
  const { stderr } = run('check', 'a.yaml');
  const [, line = ''] = /^a\.yaml:(\d+):\d+: error\[output-too-large\]/m.exec(stderr) ?? [];
  t.regex(readFileSync(path.join(folder, 'a.yaml'), 'utf8').split('\n')[Number(line) - 1] ?? '', /^targets:/);
});

test('each example compiles, and there is one for compose', (t) => {
  const { folder, run } = inFolder(t, {});
  cpSync(path.join(root, 'examples'), path.join(folder, 'examples'), { recursive: true });
  const names = readdirSync(path.join(folder, 'examples')).filter((name) => name.endsWith('.yaml'));
  for (const name of names) t.is(run('check', `examples/${name}`).status, 0, name);
  for (const name of ['cluster', 'tls'])
    t.regex(run('check', `examples/compose/${name}.yaml`).stdout, /^compose\/etcd: /m);
});

test('each example is secured, or says in its first lines what is in plain; check and compile say it too', (t) => {
  const { folder, run } = inFolder(t, {});
  cpSync(path.join(root, 'examples'), path.join(folder, 'examples'), { recursive: true });
  const plain: string[] = [];
  for (const inner of ['.', 'compose', 'releases']) {
    const names = readdirSync(path.join(folder, 'examples', inner));
    for (const name of names.filter((one) => one.endsWith('.yaml') && !one.includes('lock'))) {
      const file = path.join('examples', inner, name);
      const { stdout, status } = run('check', file);
      t.is(status, 0, file);
      const [, open] = /nothing secures (.*), and who reaches a host/.exec(stdout) ?? [];
      const head = readFileSync(path.join(folder, file), 'utf8').split('version: 1')[0] ?? '';
      t.is(/in plain|Nothing is secured/.test(head), open !== undefined, file);
      if (open !== undefined) plain.push(`${file}: ${open}`);
    }
  }
  t.deepEqual(plain.sort(), [
    'examples/compose/cluster.yaml: etcd and Consul',
    'examples/compose/tls.yaml: Consul',
    'examples/plain.yaml: etcd and Consul',
    'examples/tls.yaml: Consul',
  ]);
  t.regex(run('compile', 'examples/plain.yaml', '-o', 'out').stdout, /nothing secures etcd and Consul, and who/);
});

test('etcd’s warning of our file is explained where people look', (t) => {
  const text = readFileSync(path.join(root, 'docs/operations.md'), 'utf8');
  t.regex(
    text,
    /^## etcd warns of a file in its data directory\n[\s\S]+found invalid file under data directory[\s\S]+Nothing is wrong/m,
  );
});

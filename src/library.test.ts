import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { compile } from './compile.ts';
import { loadAssets } from './io/assets.ts';

// The product is what `npm pack` makes of a build: in an empty folder, with nothing beside it.
const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-package-'));
const run = (command: string, ...args: string[]) => promisify(execFile)(command, args, { cwd: folder });
const node = (...args: string[]) => run(process.execPath, ...args);
const spec = readFileSync(path.join(root, 'examples/mycluster.yaml'), 'utf8');
let packed: { filename: string; size: number; files: { path: string }[] };

test.before(async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [typeof packed];
  writeFileSync(path.join(folder, 'package.json'), '{"name": "empty", "private": true, "type": "module"}');
  writeFileSync(path.join(folder, 'cluster.yaml'), spec);
  await run('npm', 'install', '--offline', '--no-audit', '--no-fund', packed.filename);
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test('it is small, needs no other package, and has no file twice', (t) => {
  t.true(packed.size < 1_000_000, `${packed.size} bytes`);
  t.deepEqual(
    readdirSync(path.join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['quorumgate'],
  );
  const inside = path.join(folder, 'node_modules/quorumgate');
  const texts = packed.files.map(({ path: name }) => readFileSync(path.join(inside, name), 'latin1'));
  t.is(new Set(texts).size, texts.length);
  for (const { path: name } of packed.files) {
    t.notRegex(name, /\.test\.|testdata|\.ts$|^\.ci\//);
    t.true(statSync(path.join(inside, name)).size > 0, name);
  }
  const text = texts.join('\n');
  t.false(text.includes(root) || text.includes('PRIVATE KEY-----\nM'));
});

test('links of its documents lead to what is in it', (t) => {
  const names = packed.files.map((one) => one.path);
  const documents = names.filter((name) => name.endsWith('.md') && !name.startsWith('dist/'));
  t.true(documents.length > 20);
  const lost: string[] = [];
  for (const name of documents) {
    const text = readFileSync(path.join(root, name), 'utf8');
    for (const [, link = ''] of text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)) {
      const file = path.posix.normalize(path.posix.join(path.posix.dirname(name), link));
      const isThere = names.some((one) => one === file || one.startsWith(`${file.replace(/\/$/, '')}/`));
      if (!isThere) lost.push(`${name}: ${link}`);
    }
  }
  t.deepEqual(lost, []);
});

test('the command line', async (t) => {
  const { stdout } = await run('npx', '--offline', 'quorumgate', 'compile', 'cluster.yaml');
  t.regex(stdout, /^aws\/etcd: [0-9,]+ of 16,384 bytes/);
});

test('the library gives the bytes that the command line gives, reads nothing, and never throws', async (t) => {
  const script = `
    import { compile } from 'quorumgate';
    import schema from 'quorumgate/schema.json' with { type: 'json' };
    const { files, diagnostics, report } = compile(process.argv[1]);
    const bad = compile('version: 2\\n\\tx', { file: 'bad.yaml' });
    process.stdout.write(JSON.stringify({
      files: files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('base64')]),
      diagnostics, report, bad, id: schema.$id,
    }));`;
  const { stdout } = await node('--input-type=module', '--disable-warning=ExperimentalWarning', '-e', script, spec);
  const told = JSON.parse(stdout) as Record<string, unknown> & { bad: { files: []; diagnostics: { place: object }[] } };
  const { files, diagnostics, report } = compile(spec, { file: 'cluster.yaml', assets: await loadAssets() });
  t.deepEqual(
    told['files'],
    files.map((one) => [one.path, Buffer.from(one.bytes).toString('base64')]),
  );
  t.deepEqual([told['diagnostics'], told['report']], [diagnostics, report]);
  t.regex(String(told['id']), /spec-v1/);
  t.deepEqual(told.bad.files, []);
  t.like(told.bad.diagnostics[0]?.place, { file: 'bad.yaml' });
});

test('its types are those that a user of them wants', async (t) => {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const check = (text: string) => {
    writeFileSync(path.join(folder, 'use.mts'), text);
    return node(
      tsc,
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      '',
      'use.mts',
    ).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
  };
  const good = `import { compile, type Diagnostic } from 'quorumgate';
    const { files, diagnostics }: { files: { path: string; bytes: Uint8Array }[]; diagnostics: Diagnostic[] } = compile('', { sizes: true });
    export const all: string[] = [...files.map(({ path }) => path), ...diagnostics.map(({ place }) => place?.file ?? '')];`;
  t.is(await check(good), '');
  t.regex(await check("import { compile } from 'quorumgate'; compile(1);"), /TS2345/);
});

test('the sources are not needed: a copy of the package elsewhere does the same', async (t) => {
  const copy = mkdtempSync(path.join(tmpdir(), 'quorumgate-copy-'));
  t.teardown(() => rmSync(copy, { recursive: true }));
  cpSync(path.join(folder, 'node_modules/quorumgate/dist/lib'), copy, { recursive: true });
  const script = `const { compile } = await import(${JSON.stringify(path.join(copy, 'index.mjs'))}); console.log(compile(process.argv[1]).files.length);`;
  const { stdout } = await node('--input-type=module', '-e', script, spec);
  t.true(Number(stdout) > 5);
});

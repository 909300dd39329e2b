import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { LAYERS } from './layers.ts';

/** The rules of the layout: of imports in src/layers.ts, the others in biome.json. Each is shown a violation here, so that none can be lost. */
const root = path.join(import.meta.dirname, '..');
const entries = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true });
const sources = entries
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));

const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-rules-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Files to lint together, as few trees as there are texts for one and the same file. */
const trees: Map<string, string>[] = [];
let findings: Promise<Set<string>[]> | undefined;

interface Report {
  diagnostics: { category: string; location: { path: string } }[];
}

/** `file rule` of everything that the project's own configuration says about a tree. */
async function lint(files: Map<string, string>): Promise<Set<string>> {
  const tree = mkdtempSync(path.join(folder, 'tree-'));
  for (const name of ['biome.json', '.ci/global-names.grit']) cpSync(path.join(root, name), path.join(tree, name));
  for (const [file, text] of files) {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), text);
  }
  const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
  const flags = ['lint', '--reporter=json', '--max-diagnostics=none', '--vcs-enabled=false', '.'];
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, [biome, ...flags], { cwd: tree }, (_error, out) => resolve(out));
  });
  const { diagnostics } = JSON.parse(stdout) as Report;
  return new Set(diagnostics.map(({ category, location }) => `${location.path} ${category.split('/').at(-1)}`));
}

function rule(verb: 'may' | 'may not', file: string, text: string, name: string): void {
  let index = trees.findIndex((tree) => !tree.has(file));
  if (index === -1) index = trees.push(new Map()) - 1;
  trees[index]?.set(file, text);
  test(`${name}: ${file} ${verb} hold ${JSON.stringify(text.slice(-60).trim())}`, async (t) => {
    findings ??= Promise.all(trees.map(lint));
    const found = (await findings)[index];
    t.is(found?.has(`${file} ${name}`), verb === 'may not');
  });
}

const imports = (name: string) => `import { x } from '${name}';\nexport const y = x;\n`;

/** Where it lies in LAYERS, without `src/` and `.ts`: the nearest row. */
function roomOf(place: string): string | undefined {
  const rows = LAYERS.filter(({ room }) => place === room || place.startsWith(`${room}/`));
  return rows.sort((a, b) => b.room.length - a.room.length)[0]?.room;
}

const isTest = (file: string) =>
  /(\.test|\.lab|-testing)\.ts$/.test(file) || /^src\/(testing|lab\/scenario)\//.test(file);
const place = (file: string) => file.replace(/^src\//, '').replace(/\.ts$/, '');

/** The rooms that a file imports, by name or by `import()`, but its own. */
function usesOf(file: string, text: string): Set<string> {
  const names = [...text.matchAll(/(?:^(?:import|export)\b[^;']*|^\} from |\bimport\()'(\.[^']+)'/gm)].map(
    ([, name = '']) => name,
  );
  const inside = names.map((name) => path.join(path.dirname(file), name));
  const rooms = inside.flatMap((target) => roomOf(place(target)) ?? []);
  return new Set(rooms.filter((room) => room !== roomOf(place(file))));
}

/** Rooms that tests may use besides their own top folder: all that makes a spec into files, and what is made for them. */
const FOR_TESTS = [
  'testing',
  'sidekick/fuzz',
  'io',
  'io/release',
  'compile',
  'target',
  'plan',
  'spec',
  'format',
  'diagnostic',
];

function strays(file: string, text: string): string[] {
  const room = roomOf(place(file));
  const { uses = [] } = LAYERS.find((layer) => layer.room === room) ?? {};
  const top = (name = '') => name.split('/')[0];
  const mayTest = (used: string) => FOR_TESTS.includes(used) || top(used) === top(room);
  return [...usesOf(file, text)].filter((used) => !uses.includes(used) && !(isTest(file) && mayTest(used)));
}

const tops = /^src\/[^/]+\.test\.ts$|^src\/layers\.ts$/;
const inRooms = sources.filter((file) => !tops.test(file));

test('each file is in a room', (t) => {
  t.deepEqual(
    inRooms.filter((file) => roomOf(place(file)) === undefined),
    [],
  );
});

for (const file of inRooms) {
  const found = strays(file, readFileSync(path.join(root, file), 'utf8'));
  if (found.length > 0) test(`${file} imports ${found}, which src/layers.ts does not allow`, (t) => t.fail());
}

test('each room uses what its row says, no less, and rows above it alone', (t) => {
  const code = inRooms.filter(
    (file) => !isTest(file) || file.startsWith('src/lab/scenario/') || file.startsWith('src/testing/'),
  );
  const rooms = LAYERS.map(({ room }) => room);
  for (const { room, uses } of LAYERS) {
    const own = code.filter((file) => roomOf(place(file)) === room);
    t.true(own.length > 0, `${room} has files`);
    const used = new Set(own.flatMap((file) => [...usesOf(file, readFileSync(path.join(root, file), 'utf8'))]));
    t.deepEqual([...uses].sort(), [...used].sort(), room);
    for (const one of uses)
      t.true(rooms.indexOf(one) < rooms.indexOf(room), `${room} uses ${one}, which stands below it`);
  }
});

test('what the table does not allow is found', (t) => {
  for (const [file, name, found] of [
    ['src/diagnostic/x.ts', '../spec/y.ts', 'spec'],
    ['src/plan/x.ts', '../compile.ts', 'compile'],
    ['src/cli/x.ts', '../lab/host/y.ts', 'lab/host'],
    ['src/lab/host/x.ts', '../handle.ts', 'lab'],
    ['src/sidekick/ready/x.ts', '../../spec/y.ts', 'spec'],
    ['src/operator/x.ts', '../sidekick/ready/y.ts', 'sidekick/ready'],
    ['src/target/aws/x.test.ts', '../../lab/lab.ts', 'lab/lab'],
  ] as const) {
    t.deepEqual(strays(file, imports(name)), [found]);
    t.deepEqual(strays(file, `const x = await import('${name}');`), [found], 'at run time');
  }
  t.deepEqual(strays('src/target/aws/x.test.ts', imports('../../compile.ts')), []);
});

test('no folder holds more than 25 files of code, and the lab is rooms', (t) => {
  const counts = new Map<string, number>();
  for (const file of sources.filter((one) => !isTest(one))) {
    counts.set(path.dirname(file), (counts.get(path.dirname(file)) ?? 0) + 1);
  }
  t.deepEqual(
    [...counts].filter(([, count]) => count > 25),
    [],
  );
  const lab = readdirSync(path.join(root, 'src/lab'), { withFileTypes: true });
  t.true(lab.filter((one) => one.isDirectory()).length <= 14);
  t.true(lab.filter((one) => one.isFile()).length <= 8);
});

for (const file of [
  'src/diagnostic/x.ts',
  'src/spec/x.ts',
  'src/format/x.ts',
  'src/version/x.ts',
  'src/plan/x.ts',
  'src/target/aws/x.ts',
  'src/kubernetes/x.ts',
]) {
  rule('may not', file, imports('node:fs'), 'noNodejsModules');
  rule('may not', file, 'export const x = process.env;', 'noRestrictedGlobals');
  rule('may', file.replace('.ts', '.test.ts'), imports('node:fs'), 'noNodejsModules');
}
rule('may not', 'src/compile.ts', imports('node:fs'), 'noNodejsModules');
rule('may', 'src/io/x.ts', imports('node:fs'), 'noNodejsModules');

for (const file of ['src/lab/x.ts', 'src/operator/x.ts', 'src/cli/x.ts', 'src/sidekick/ready/x.ts']) {
  rule('may not', file, 'process.exit(1);', 'noProcessExit');
}
for (const file of ['src/cli/main.ts', 'src/sidekick/main.ts']) {
  rule('may', file, 'process.exit(1);', 'noProcessExit');
}

rule('may not', 'src/io/x.ts', 'export const x: any = 1;', 'noExplicitAny');
rule('may not', 'src/io/x.ts', 'export const f = (x?: string) => x!.length;', 'noNonNullAssertion');
rule('may not', 'src/io/x.ts', "import { x } from './y.ts';", 'noUnusedImports');
rule('may not', 'src/io/x.ts', "import { X } from './y.ts';\nexport const f = (x: X) => x;", 'useImportType');
rule('may not', 'src/io/x.ts', 'const f = async () => 1;\nf();', 'noFloatingPromises');
rule('may not', 'src/io/x.ts', `${'// line\n'.repeat(301)}export const x = 1;`, 'noExcessiveLinesPerFile');
rule('may not', 'src/io/x.ts', 'export const f = (fetch: string) => fetch;', 'plugin');
rule('may not', 'src/io/x.ts', 'export interface Event { x: string }', 'plugin');
rule('may not', 'src/io/xY.ts', 'export const x = 1;', 'useFilenamingConvention');

test('no file or folder is named for holding things together', (t) => {
  const names = sources.filter((file) => /(^|\/)(utils?|helpers?|common|misc|lib)(\.[a-z.]+)?(\/|$)/.test(file));
  t.deepEqual(names, []);
});

test('a comment begins with the thing that it speaks of', (t) => {
  const vague = /(?:\/\*\*|\/\/|^ *\*) *(?:What|Who|The same)\b.*/gm;
  const found = sources.flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(vague)].map(([line]) => `${file}: ${line}`),
  );
  t.deepEqual(found, []);
});

test('the pure folders ask no clock and no chance', (t) => {
  const pure = sources.filter((file) =>
    /^src\/(diagnostic|spec|format|report|version|plan|target|kubernetes|compile)\b/.test(file),
  );
  const asking = pure.filter((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return !file.endsWith('.test.ts') && /Math\.random|Date\.now|new Date\(\)|randomUUID/.test(text);
  });
  t.deepEqual(asking, []);
});

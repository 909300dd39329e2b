import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';

/** The rules of the layout, most of them in biome.json. Each is shown a violation here, so that none can be lost. */
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
  cpSync(path.join(root, 'biome.json'), path.join(tree, 'biome.json'));
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

for (const [file, name] of [
  ['src/diagnostic/x.ts', '../spec/y.ts'],
  ['src/diagnostic/x.ts', '../format/y.ts'],
  ['src/spec/x.ts', '../plan/y.ts'],
  ['src/spec/rule/x.ts', '../../target/y.ts'],
  ['src/plan/x.ts', '../target/index.ts'],
  ['src/plan/x.ts', '../compile.ts'],
  ['src/format/x.ts', '../plan/y.ts'],
  ['src/format/x.ts', '../diagnostic/y.ts'],
  ['src/target/aws/x.ts', '../../compile.ts'],
  ['src/target/aws/x.ts', '../../io/y.ts'],
  ['src/kubernetes/x.ts', '../plan/y.ts'],
  ['src/kubernetes/x.ts', '../io/y.ts'],
  ['src/kubernetes/x.ts', '../operator/y.ts'],
  ['src/target/aws/x.ts', '../../kubernetes/y.ts'],
  ['src/compile.ts', './kubernetes/y.ts'],
  ['src/compile.ts', './io/y.ts'],
  ['src/io/x.ts', '../lab/y.ts'],
  ['src/lab/x.ts', '../cli/y.ts'],
  ['src/lab/x.ts', '../operator/y.ts'],
  ['src/operator/x.ts', '../cli/y.ts'],
  ['src/operator/x.ts', '../lab/y.ts'],
  ['src/operator/x.ts', '../sidekick/ready/y.ts'],
  ['src/compile.ts', './operator/y.ts'],
  ['src/plan/x.ts', '../sidekick/shared/y.ts'],
  ['src/cli/x.ts', '../sidekick/shared/y.ts'],
  ['src/io/x.ts', '../sidekick/host/y.ts'],
  ['src/lab/x.ts', '../sidekick/ready/y.ts'],
  ['src/lab/x.test.ts', '../cli/y.ts'],
  ['src/target/aws/x.test.ts', '../../lab/y.ts'],
  ['src/target/aws/x.test.ts', '../../sidekick/shared/y.ts'],
  ['src/sidekick/x.ts', '../compile.ts'],
  ['src/sidekick/x.ts', '../elsewhere/y.ts'],
  ['src/sidekick/ready/x.ts', '../../spec/y.ts'],
] as const) {
  rule('may not', file, imports(name), 'noRestrictedImports');
}

for (const [file, name] of [
  ['src/spec/x.ts', '../diagnostic/y.ts'],
  ['src/plan/x.ts', '../format/y.ts'],
  ['src/target/aws/x.ts', '../../plan/y.ts'],
  ['src/target/aws/x.ts', '../target.ts'],
  ['src/kubernetes/x.ts', '../target/target.ts'],
  ['src/kubernetes/x.ts', '../spec/y.ts'],
  ['src/cli/x.ts', '../kubernetes/y.ts'],
  ['src/compile.ts', './target/index.ts'],
  ['src/target/aws/x.test.ts', '../../compile.ts'],
  ['src/target/aws/x.test.ts', '../../io/assets.ts'],
  ['src/io/x.ts', '../compile.ts'],
  ['src/lab/x.ts', '../sidekick/shared/y.ts'],
  ['src/operator/x.ts', '../sidekick/shared/y.ts'],
  ['src/operator/x.ts', '../sidekick/host/y.ts'],
  ['src/io/release/x.ts', '../../sidekick/host/json.ts'],
  ['src/operator/x.ts', '../plan/environment.ts'],
  ['src/cli/x.ts', '../operator/y.ts'],
  ['src/cli/main.ts', '../lab/y.ts'],
  ['src/sidekick/ready/x.ts', '../shared/y.ts'],
] as const) {
  rule('may', file, imports(name), 'noRestrictedImports');
}

for (const file of [
  'src/diagnostic/x.ts',
  'src/spec/x.ts',
  'src/format/x.ts',
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
rule('may not', 'src/io/xY.ts', 'export const x = 1;', 'useFilenamingConvention');

test('no file or folder is named for holding things together', (t) => {
  const names = sources.filter((file) => /(^|\/)(utils?|helpers?|common|misc|lib)(\.[a-z.]+)?(\/|$)/.test(file));
  t.deepEqual(names, []);
});

test('the pure folders ask no clock and no chance', (t) => {
  const pure = sources.filter((file) => /^src\/(diagnostic|spec|format|plan|target|kubernetes|compile)\b/.test(file));
  const asking = pure.filter((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return !file.endsWith('.test.ts') && /Math\.random|Date\.now|new Date\(\)|randomUUID/.test(text);
  });
  t.deepEqual(asking, []);
});

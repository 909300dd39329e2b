import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { compile } from './compile.ts';
import { loadAssets } from './io/assets.ts';

// Every spec in the documents compiles, and every command shown with its output gives just that output (UPDATE=1
// writes it). What boots hosts is run by lab/docs.lab.ts.
const root = fileURLToPath(new URL('../', import.meta.url));
const assets = await loadAssets();
const documents = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.md') && !/node_modules|^out|coverage/.test(name),
);

for (const name of documents) {
  const text = readFileSync(join(root, name), 'utf8');
  const specs = [...text.matchAll(/```yaml\n(version: 1\n[\s\S]*?)```/g)].map(([, spec = '']) => spec);
  for (const [index, spec] of specs.entries()) {
    test(`${name}: spec ${index + 1} compiles`, (t) => {
      const { diagnostics, files } = compile(spec, { file: name, assets });
      t.deepEqual(diagnostics, []);
      t.true(files.length > 0);
    });
  }

  const blocks = [...text.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  for (const step of blocks.flatMap((block) => block.split(/^\$ /m).slice(1))) {
    const [command = '', ...output] = step.split('\n');
    const [program, ...args] = command.split(' ');
    if (program !== 'quorumgate' || args[0] === 'lab') continue;
    test(`${name}: ${command}`, (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'quorumgate-docs-'));
      t.teardown(() => rmSync(folder, { recursive: true }));
      cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
      const main = join(root, 'src/cli/main.ts');
      const tsx = fileURLToPath(import.meta.resolve('tsx'));
      const { stdout, stderr } = spawnSync(process.execPath, ['--import', tsx, main, ...args], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, FORCE_COLOR: '0' },
      });
      if (process.env['UPDATE'] !== undefined) {
        const document = readFileSync(join(root, name), 'utf8');
        writeFileSync(
          join(root, name),
          document.replace(`$ ${step}`, () => `$ ${command}\n${stdout}${stderr}`),
        );
        t.pass();
      } else {
        t.is(stdout + stderr, output.join('\n'));
      }
    });
  }
}

test('every npm script that the documents name is there', (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const name of documents) {
    for (const [, script = ''] of readFileSync(join(root, name), 'utf8').matchAll(/npm run ([a-z:]+)/g)) {
      t.true(script in scripts, `${name}: npm run ${script}`);
    }
  }
});

test('every link between the documents leads somewhere', (t) => {
  for (const name of documents) {
    const folder = join(root, name, '..');
    for (const [, link = ''] of readFileSync(join(root, name), 'utf8').matchAll(/\]\(([^)#:]+)\)/g)) {
      t.notThrows(() => readFileSync(join(folder, link)), `${name}: ${link}`);
    }
  }
});

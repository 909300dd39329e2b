import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { Command } from 'commander';
import { documents as made } from '../.ci/docs.ts';
import { makeSchemas, serveApi } from './cli/kubernetes-testing.ts';
import { wholeProgram } from './cli/reference/commands.ts';
import { compile } from './compile.ts';
import { loadAssets } from './io/assets.ts';

// Every spec in the documents compiles, and every command shown with its output gives just that output (UPDATE=1
// writes it). What boots hosts is run by lab/scenario/boot/docs.lab.ts.
const root = fileURLToPath(new URL('../', import.meta.url));
const assets = await loadAssets();
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
let api: ReturnType<typeof serveApi> | undefined;
test.after.always(async () => (await api)?.close());
const documents = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.md') && !/node_modules|^out|coverage/.test(name),
);

for (const name of documents) {
  const text = readFileSync(join(root, name), 'utf8');
  const specs = [...text.matchAll(/```yaml\n(version: 1\n[\s\S]*?)```/g)].map(([, spec = '']) => spec);
  for (const [index, spec] of specs.entries()) {
    test(`${name}: spec ${index + 1} compiles`, (t) => {
      const { diagnostics, files } = compile(spec, { file: name, assets });
      // A document may allow something, and says so.
      t.deepEqual(
        diagnostics.filter(({ message }) => !message.includes(' Allowed: ')),
        [],
      );
      t.true(files.length > 0);
    });
  }

  // The commands of one block follow each other, in one folder.
  for (const [, block = ''] of text.matchAll(/```console\n([\s\S]*?)```/g)) {
    const steps = block.split(/^\$ /m).slice(1).filter(isOffline);
    if (steps.length === 0) continue;
    // One after the other: each step is a process.
    test.serial(`${name}: ${steps.map((step) => step.split('\n')[0]).join('; ')}`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'quorumgate-docs-'));
      t.teardown(() => rmSync(folder, { recursive: true }));
      cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
      for (const step of steps) {
        const [command = '', ...output] = step.split('\n');
        if (command.startsWith('kubectl ') && !hasKubectl) {
          t.log(`not here: ${command}`);
          continue;
        }
        const actual = await outputOf(command, folder);
        if (process.env['UPDATE'] === undefined) {
          t.is(actual, output.join('\n'), command);
          continue;
        }
        const document = readFileSync(join(root, name), 'utf8');
        writeFileSync(
          join(root, name),
          document.replace(`$ ${step}`, () => `$ ${command}\n${actual}`),
        );
        t.pass();
      }
    });
  }

  // A block that needs an account or a host is at least a script.
  for (const [index, [, script = '']] of [...text.matchAll(/```sh\n([\s\S]*?)```/g)].entries()) {
    test(`${name}: script ${index + 1} can be read by a shell`, (t) => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
      t.is(status, 0, stderr);
    });
  }
}

function isOffline(step: string): boolean {
  return /^(quorumgate (?!lab )|kubectl apply --dry-run=client |cat )/.test(step);
}

/** kubectl speaks to a stand-in for the API server, on loopback. Only quorumgate may fail: a document may show an error. */
async function outputOf(command: string, folder: string): Promise<string> {
  const [program = '', ...args] = command.split(' ');
  let [file, all] = [program, args];
  if (program === 'quorumgate') [file, all] = [process.execPath, [join(root, 'dist/cli/index.mjs'), ...args]];
  if (program === 'kubectl') {
    api ??= serveApi(makeSchemas());
    all = ['--kubeconfig=/dev/null', `--server=${(await api).url}`, ...args];
  }
  const env = { ...process.env, FORCE_COLOR: '0', HOME: folder, NO_PROXY: '127.0.0.1' };
  return new Promise((resolve, reject) => {
    execFile(file, all, { cwd: folder, env }, (error, stdout, stderr) => {
      if (error !== null && program !== 'quorumgate') reject(error);
      else resolve(stdout + stderr);
    });
  });
}

for (const [name, render] of Object.entries(made)) {
  test(`${name} is what its sources make (npm run docs)`, async (t) => {
    t.true(readFileSync(join(root, name), 'utf8') === (await render()), 'out of date');
  });
}

/** Commands and options of a line that are not there; what follows ` --`, or a pipe, is not quorumgate's. */
function unknownIn(program: Command, line: string): string[] {
  const [, ...words] = line.replace(/ (--|#|>|<|\||\\)( .*)?$/, '').split(/ +/);
  const options = [program.options];
  let command = program;
  return words.filter((word) => {
    const next = command.commands.find((one) => one.name() === word);
    if (next !== undefined) options.push(next.options);
    command = next ?? command;
    if (word.startsWith('-')) return !options.flat().some(({ short, long }) => [short, long].includes(word));
    return next === undefined && command.commands.length > 0;
  });
}

test('every command that the documents name is there, with its options', async (t) => {
  const program = await wholeProgram();
  let count = 0;
  for (const name of documents) {
    const text = readFileSync(join(root, name), 'utf8');
    const blocks = [...text.matchAll(/```(?:console|text|sh)\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const indented = text.match(/^ {4}.*$/gm) ?? [];
    const lines = [...blocks.join('').split('\n'), ...indented].map((line) => line.replace(/^(\$ | {4})/, ''));
    const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
    for (const line of [...lines, ...inline].filter((one) => /^quorumgate [a-z-]/.test(one))) {
      count += 1;
      t.deepEqual(unknownIn(program, line), [], `${name}: ${line}`);
    }
  }
  t.true(count > 50, String(count));
});

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

test('every file that the documents name is there', (t) => {
  for (const name of documents) {
    const text = readFileSync(join(root, name), 'utf8');
    const paths = text.match(/`(src|units|templates|examples|docs|\.ci)\/[a-z0-9./-]+`/g) ?? [];
    for (const path of paths) t.true(existsSync(join(root, path.slice(1, -1))), `${name}: ${path}`);
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

// `npm test`: prepare, lint, types, tests with coverage. `npm run test:lab`: prepare, the tests that boot hosts.
// The last line is `N passed, N failed` (`, N skipped` may follow); a lint or type failure counts as one failed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { noLab, prepare, root } from './prepare.mjs';

const lab = process.argv.includes('--lab');
/** Every lab of the tests has its state directory in here, so that whatever is left of one can be found and ended. */
const labs = mkdtempSync(path.join(process.getuid?.() === 0 ? '/var/lib' : tmpdir(), 'quorumgate-tests-'));
const count = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const failures = [];
/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
let stopped = false;

/** @param {string} title */
function fail(title) {
  count.failed += 1;
  failures.push(title);
}

/**
 * Runs a program of node_modules/; its exit code.
 * @param {string} script @param {string[]} args @param {(line: string) => void} [onLine] reads its output
 * @returns {Promise<number>}
 */
async function tool(script, args, onLine) {
  const child = spawn(process.execPath, [path.join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: ['ignore', onLine === undefined ? 'inherit' : 'pipe', 'inherit'],
    env: { ...process.env, QUORUMGATE_TEST_ROOT: labs },
    // A group of its own: a runner's workers outlive it unless they are ended with it.
    detached: true,
  });
  running = child;
  const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout });
  if (onLine !== undefined) lines?.on('line', onLine);
  const read = lines && new Promise((resolve) => lines.once('close', resolve));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  await read;
  running = undefined;
  return code;
}

/** @param {NodeJS.Signals} signal */
function endGroup(signal) {
  try {
    if (running?.pid !== undefined) process.kill(-running.pid, signal);
  } catch {}
}

/** Ends what a test that was stopped has left running. */
function clearLabs() {
  for (const name of readdirSync(labs)) {
    const directory = path.join(labs, name);
    if (!existsSync(path.join(directory, 'state.json'))) continue;
    const env = { ...process.env, QUORUMGATE_LAB_DIR: directory };
    spawnSync(process.execPath, [path.join(root, 'dist/cli/index.mjs'), 'lab', 'down'], { env, stdio: 'ignore' });
  }
  rmSync(labs, { recursive: true, force: true });
}

/** AVA's TAP output: every test is one line, and so is every hook, crash and file that failed.
 * @param {string} line */
function onTap(line) {
  const [, not, title = ''] = /^(not )?ok \d+(?: - (.*))?$/.exec(line) ?? [];
  if (!/^(not )?ok \d+/.test(line)) {
    if (!/^(TAP version|1\.\.\d|# (tests|pass|skip|fail) \d)/.test(line)) console.log(line);
  } else if (/# (SKIP|TODO)\b/.test(line)) {
    count.skipped += 1;
    console.log(`- ${title}`);
  } else if (not === undefined) {
    count.passed += 1;
    console.log(`✔ ${title}`);
  } else {
    fail(title);
    console.log(`✘ ${title}`);
  }
}

async function ava() {
  const before = count.failed;
  const files = lab
    ? ['src/**/*.lab.ts', '--serial', '--concurrency=1', '--timeout=30m']
    : ['src/**/*.test.ts', '--concurrency=2'];
  const code = lab
    ? await tool('ava/entrypoints/cli.mjs', ['--tap', ...files], onTap)
    : await tool('c8/bin/c8.js', ['node', 'node_modules/ava/entrypoints/cli.mjs', '--tap', ...files], onTap);
  if (code !== 0 && count.failed === before) fail(`the test runner ended with ${code}`);
  if (code === 0 && count.passed + count.skipped === 0) fail('no test was found');
}

async function all() {
  const obstacle = lab ? noLab() : undefined;
  if (obstacle !== undefined) {
    const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
    count.skipped = files.filter((name) => name.endsWith('.lab.ts')).length;
    console.log(`${obstacle}: every test that boots hosts is left out (counted by file)`);
    return;
  }
  prepare(lab ? {} : { only: 'ignored' });
  if (!lab) {
    if ((await tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.'])) !== 0) fail('lint (biome)');
    if (!stopped && (await tool('typescript/bin/tsc', ['--noEmit'])) !== 0) fail('types (tsc)');
  }
  if (!stopped) await ava();
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    stopped = true;
    endGroup(signal);
    setTimeout(() => endGroup('SIGKILL'), 5000).unref();
  });
}

try {
  await all();
  if (stopped) fail('stopped before the end');
} catch (error) {
  console.error(error);
  fail(error instanceof Error ? error.message : String(error));
}
clearLabs();
if (failures.length > 0) console.log(`\nfailed:\n${failures.map((title) => `  ${title}`).join('\n')}`);
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`);
process.exitCode = count.failed > 0 ? 1 : 0;

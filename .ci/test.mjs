// `npm test`: prepare, lint, types, unused code, tests with coverage. `npm run test:lab`: prepare, the tests that boot hosts; `-- heal` those
// of a folder of src/lab/scenario/, `-- heal/example` one file; those of `BY_NAME` only so.
// The last line is `N passed, N failed` (`, N ran out of time`, `, stopped before the end` and `, N skipped` may follow); a lint or
// type failure counts as one failed. A test that did not come to its end in time is none that failed: the machine may be busy.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { noLab, prepare, root } from './prepare.mjs';

const lab = process.argv.includes('--lab');
const chosen = process.argv.slice(2).filter((word) => word !== '--lab');
/** Every lab of the tests has its state directory in here, so that whatever is left of one can be found and ended. */
const labs = mkdtempSync(path.join(process.getuid?.() === 0 ? '/var/lib' : tmpdir(), 'quorumgate-tests-'));
const count = { passed: 0, failed: 0, skipped: 0 };
/** What did not pass, a test with what AVA says of it. @type {string[]} */
const failures = [];
/** The first lines of why a test did not pass, which are repeated at the end: of a long output only that may be kept. @type {string[]} */
let reason = [];
/** @type {string[]} */
const late = [];
/** A test that did not pass, until AVA has said why. @type {string | undefined} */
let unexplained;
/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
let stopped = false;
/** How long no test may come to its end, in minutes: longer than any test may take. AVA's own limit ends its TAP reporter with an error (7.0). */
const patience = lab ? 45 : 15;

/** @param {string} title */
function fail(title) {
  count.failed += 1;
  failures.push(title);
}

/**
 * Runs a program of node_modules/; its exit code.
 * @param {string} script @param {string[]} args @param {(line: string) => void} [onLine] reads its output, which has to go on
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
  const idle = onLine && setTimeout(giveUp, patience * 60_000);
  lines?.on('line', (line) => {
    idle?.refresh();
    onLine?.(line);
  });
  const read = lines && new Promise((resolve) => lines.once('close', resolve));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  await read;
  clearTimeout(idle);
  running = undefined;
  return code;
}

/** @param {NodeJS.Signals} signal */
function endGroup(signal) {
  try {
    if (running?.pid !== undefined) process.kill(-running.pid, signal);
  } catch {}
}

/** @param {NodeJS.Signals} signal */
function end(signal) {
  stopped = true;
  endGroup(signal);
  setTimeout(() => endGroup('SIGKILL'), 5000).unref();
}

function giveUp() {
  late.push(`no test came to its end within ${patience} minutes: the rest was not run`);
  end('SIGTERM');
}

/** Ends what a test that was stopped has left running. */
function clearLabs() {
  for (const name of readdirSync(labs)) {
    // Also one that has no state yet: a process or a namespace may be there before.
    const env = { ...process.env, QUORUMGATE_LAB_DIR: path.join(labs, name) };
    spawnSync(process.execPath, [path.join(root, 'dist/cli/index.mjs'), 'lab', 'down'], { env, stdio: 'ignore' });
  }
  rmSync(labs, { recursive: true, force: true });
}

/** In AVA's words of a test whose `t.timeout()` is over. */
const OUT_OF_TIME = /^ {4}message: Test timeout exceeded$/;

/** Settles the last test that did not pass. */
function settle(why = '') {
  if (unexplained === undefined) return;
  if (OUT_OF_TIME.test(why)) late.push(unexplained);
  else fail([unexplained, ...reason].join('\n  '));
  unexplained = undefined;
}

/** AVA's TAP output: every test is one line, and so is every hook, crash and file that failed.
 * @param {string} line */
function onTap(line) {
  if (OUT_OF_TIME.test(line)) settle(line);
  const [, not, title = ''] = /^(not )?ok \d+(?: - (.*))?$/.exec(line) ?? [];
  if (/^(not )?ok \d+|^1\.\./.test(line)) settle();
  if (!/^(not )?ok \d+/.test(line)) {
    if (/^(TAP version|1\.\.\d|# (tests|pass|skip|fail) \d)/.test(line)) return;
    console.log(line);
    if (unexplained !== undefined && reason.length < 40 && line.trim() !== '') reason.push(line);
  } else if (/# (SKIP|TODO)\b/.test(line)) {
    count.skipped += 1;
    console.log(`- ${title}`);
  } else if (not === undefined) {
    count.passed += 1;
    console.log(`✔ ${title}`);
  } else {
    unexplained = title;
    reason = [];
    console.log(`✘ ${title}`);
  }
}

/** Scenarios that run only when they are named, each with its file: for their time. */
const BY_NAME = ['targets/vm'];

/** Those of the folders and files that were named, or all but those that have to be. */
function scenarios() {
  const folder = path.join(root, 'src/lab/scenario');
  const known = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lab.ts'));
  const later = BY_NAME.map((name) => `${name}.lab.ts`);
  const files = chosen.flatMap((name) => {
    const within = (/** @type {string} */ file) => file.startsWith(`${name}/`) && !later.includes(file);
    const found = known.filter((file) => within(file) || file === `${name}.lab.ts`);
    if (found.length === 0) throw new Error(`there is no ${name} in src/lab/scenario`);
    return found.map((file) => `src/lab/scenario/${file}`);
  });
  return files.length > 0 ? files : ['src/**/*.lab.ts', ...later.map((file) => `!src/lab/scenario/${file}`)];
}

async function ava() {
  const before = count.failed + late.length;
  const files = lab
    ? [...scenarios(), '--serial', '--concurrency=1', '--timeout=24h']
    : ['src/**/*.test.ts', '--concurrency=2', '--timeout=24h'];
  const code = lab
    ? await tool('ava/entrypoints/cli.mjs', ['--tap', ...files], onTap)
    : await tool('c8/bin/c8.js', ['node', 'node_modules/ava/entrypoints/cli.mjs', '--tap', ...files], onTap);
  settle();
  if (!stopped && code !== 0 && count.failed + late.length === before) fail(`the test runner ended with ${code}`);
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
    if (!stopped && (await tool('knip/bin/knip.js', [])) !== 0) fail('nothing unused (knip)');
  }
  if (!stopped) await ava();
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => end(signal));
}

try {
  await all();
} catch (error) {
  console.error(error);
  fail(error instanceof Error ? error.message : String(error));
}
clearLabs();
for (const [what, titles] of Object.entries({ failed: failures, 'ran out of time (busy machine?)': late })) {
  if (titles.length > 0) console.log(`\n${what}:\n${titles.map((title) => `  ${title}`).join('\n')}`);
}
const left = stopped ? ', stopped before the end' : '';
const tardy = late.length > 0 ? `, ${late.length} ran out of time` : '';
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
console.log(`\n${count.passed} passed, ${count.failed} failed${tardy}${left}${skipped}`);
process.exitCode = stopped || count.failed + late.length > 0 ? 1 : 0;

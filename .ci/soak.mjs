// `npm run soak [-- SCHEDULES]`: the programs in the model for long, default a million schedules; then each of their rules taken
// out. `--mutants`: only these. Two processes, of one file made beforehand: read through a loader it takes twice as long.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as esbuild from 'esbuild';

const words = process.argv.slice(2);
const total = Number(words.find((word) => /^\d+$/.test(word)) ?? 1_000_000);
const out = mkdtempSync(path.join(tmpdir(), 'quorumgate-soak-'));
const program = path.join(out, 'soak.mjs');

/** Both halves of a task. Whether both are good: what was found they print themselves. @param {string[]} task */
async function both(...task) {
  const codes = await Promise.all([0, 1].map((half) => one(...task, String(half))));
  return codes.every((code) => code === 0);
}

/** @param {string[]} args @returns {Promise<number | null>} */
function one(...args) {
  const child = fork(program, args);
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      if (code !== 0 && code !== 3)
        console.log(`the process of ${args.join(' ')} died: ${signal ?? `exit code ${code}`}`);
      resolve(code);
    });
  });
}

try {
  await esbuild.build({
    absWorkingDir: path.join(import.meta.dirname, '..'),
    entryPoints: ['src/sidekick/check/soak.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;
  let isGood = true;
  if (!words.includes('--mutants')) {
    isGood = await both('schedules', String(total));
    console.log(`${total} schedules in ${seconds()}: ${isGood ? 'nothing found' : 'see above'}`);
  }
  isGood = (await both('mutants')) && isGood;
  process.exitCode = isGood ? 0 : 1;
} finally {
  rmSync(out, { recursive: true });
}

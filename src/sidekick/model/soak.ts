/**
 * `npm run soak [-- SCHEDULES]`: the model for long, default a million schedules, in two processes; then each rule taken out.
 * `--mutants`: only these.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { find, tell } from './check.ts';
import { MUTANTS } from './mutants.ts';

const CHUNK = 5000;
const [total = 1_000_000, process_ = -1] = process.argv
  .slice(2)
  .filter((word) => /^-?\d+$/.test(word))
  .map(Number);

/** Every other chunk of other seeds. */
async function soak(schedules: number, first: number): Promise<boolean> {
  const began = Date.now();
  for (let chunk = first; chunk * CHUNK < schedules; chunk += 2) {
    const seed = 1000 + chunk;
    const found = await find(Math.min(CHUNK, schedules - chunk * CHUNK), undefined, seed);
    if (found !== undefined) {
      console.log(`seed ${seed}:\n${await tell(found.schedule)}`);
      return false;
    }
    if (chunk % 10 === first) {
      console.log(`process ${first}: chunk ${chunk}, ${((Date.now() - began) / 1000).toFixed(0)} s, nothing found`);
    }
  }
  return true;
}

/** Each rule taken out has to be missed. */
async function missAll(): Promise<boolean> {
  let isGood = true;
  for (const { rule, rules } of MUTANTS) {
    const began = Date.now();
    const found = await find(20_000, rules);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    isGood &&= found !== undefined;
    console.log(found ? `${rule}: after ${found.after} schedules, ${seconds} s` : `${rule}: NOT MISSED in 20,000`);
    if (found) console.log(await tell(found.schedule, rules));
  }
  return isGood;
}

function inProcess(first: number): Promise<boolean> {
  const child = fork(fileURLToPath(import.meta.url), [String(total), String(first)], { execArgv: process.execArgv });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code === 0)));
}

const began = Date.now();
let isGood = true;
if (process_ >= 0) isGood = await soak(total, process_);
else {
  if (!process.argv.includes('--mutants')) {
    isGood = (await Promise.all([0, 1].map(inProcess))).every(Boolean);
    const seconds = ((Date.now() - began) / 1000).toFixed(0);
    console.log(`${total} schedules in ${seconds} s: ${isGood ? 'nothing found' : 'see above'}`);
  }
  isGood = (await missAll()) && isGood;
}
process.exitCode = isGood ? 0 : 1;

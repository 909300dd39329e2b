/** One of the two processes of `npm run soak`: `schedules TOTAL HALF` or `mutants HALF`. Exits with 3 when there is a story to read. */
import { find, tell } from './check.ts';
import { MUTANTS } from './mutants.ts';

const CHUNK = 5000;
/** Stories in one half: what breaks more than these is broken. */
const MOST = 5;

/** Every other chunk, each of its own seed; one that finds something ends there, the next goes on. */
async function soak(schedules: number, half: number): Promise<boolean> {
  const began = Date.now();
  let stories = 0;
  for (let chunk = half; chunk * CHUNK < schedules; chunk += 2) {
    const seed = 1000 + chunk;
    const found = await find(Math.min(CHUNK, schedules - chunk * CHUNK), undefined, seed);
    if (found !== undefined) {
      console.log(`seed ${seed}, after ${found.after}: ${JSON.stringify(found.schedule)}`);
      console.log(await tell(found.schedule));
      stories += 1;
      if (stories === MOST) return false;
    }
    if (chunk % 10 === half) {
      const megabytes = (process.memoryUsage.rss() / 1e6).toFixed(0);
      console.log(`chunk ${chunk}: ${((Date.now() - began) / 1000).toFixed(0)} s, ${megabytes} MB, found ${stories}`);
    }
  }
  return stories === 0;
}

/** Each rule taken out has to be missed. */
async function missAll(half: number): Promise<boolean> {
  let isGood = true;
  for (const { rule, rules, breaks } of MUTANTS.filter((_, index) => index % 2 === half)) {
    const { user } = process.cpuUsage();
    const found = await find(20_000, rules);
    const seconds = (process.cpuUsage({ user, system: 0 }).user / 1e6).toFixed(1);
    const story = found ? await tell(found.schedule, rules) : 'NOT MISSED in 20,000';
    const isMissed = breaks.test(story.slice(story.lastIndexOf('\n=> ')));
    isGood &&= found !== undefined && isMissed;
    console.log(found ? `${rule}: after ${found.after} schedules, ${seconds} s\n${story}` : `${rule}: ${story}`);
    if (found && !isMissed) console.log(`not as expected: ${breaks}`);
  }
  return isGood;
}

const [what, ...numbers] = process.argv.slice(2);
const [first = 0, second = 0] = numbers.map(Number);
const isGood = what === 'schedules' ? await soak(first, second) : await missAll(first);
process.exitCode = isGood ? 0 : 3;
process.disconnect?.();

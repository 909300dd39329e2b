/** `npm run soak [-- SCHEDULES]`: the model for long, default a million schedules, in chunks of other seeds. */
import { findStory } from './check.ts';

const total = Number(process.argv[2] ?? 1_000_000);
const chunk = 10_000;
const began = Date.now();
for (let done = 0; done < total; done += chunk) {
  const seed = 1000 + done / chunk;
  const story = findStory(Math.min(chunk, total - done), undefined, seed);
  if (story !== undefined) {
    console.log(`seed ${seed}:\n${story}`);
    process.exitCode = 1;
    break;
  }
  if ((done / chunk) % 10 === 9) console.log(`${done + chunk} schedules, nothing found`);
}
if (process.exitCode === undefined) {
  console.log(`${total} schedules in ${((Date.now() - began) / 1000).toFixed(0)} s: nothing found`);
}

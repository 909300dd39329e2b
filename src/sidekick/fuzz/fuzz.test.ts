import test from 'ava';
import { findUnsound } from './mass.ts';
import { findMiscount } from './names.ts';
import { findBreach, play, SCENES, type Scene } from './programs.ts';
import { REQUESTS } from './requests.ts';
import { slowly, Wire } from './wire.ts';

// A selection of `npm run fuzz:answers`, which takes a hundred thousand.
const seed = Number(process.env.FUZZ_SEED ?? 20_261_128);

test('each request of the sidekicks bears any answer', async (t) => {
  for (const request of REQUESTS) t.is(await findUnsound(request, 60, seed), undefined);
  t.is(findMiscount(1000, seed), undefined);
});

test('the programs do what they are for when all answers are true', async (t) => {
  for (const scene of Object.keys(SCENES) as Scene[])
    t.is((await play(scene, /^never/, [undefined])).how, 'done', scene);
});

test('and go on, or wait and say why, when some are not', async (t) => {
  for (const scene of Object.keys(SCENES) as Scene[]) t.is(await findBreach(scene, 40, seed), undefined);
});

test('over real sockets, however the bytes come, within 128 MiB', async (t) => {
  const wire = await new Wire().open();
  const { wrong, answers, resolved, memory } = await wire.quick(3, seed);
  wire.close();
  t.is(wrong, undefined);
  t.is(answers, 3 * (REQUESTS.length + 1));
  t.true(resolved > 0 && resolved < answers && memory > 20e6);
  const own = REQUESTS.filter(({ name }) => name === 'etcd members of a peer');
  t.like(await slowly(own), { wrong: undefined, answers: 4, resolved: 0 });
});

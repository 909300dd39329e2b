import test from 'ava';
import fc from 'fast-check';
import { answersLike } from '../sidekick/fuzz/answers.ts';
import { askings, COMMANDS, outcomeOf } from './hostile-testing.ts';

// Any answer to any request of a command: an error with a cause, or a result; nothing of it acts on a terminal.
const RUNS = Number(process.env.FUZZ_RUNS ?? 20);
const seed = Number(process.env.FUZZ_SEED ?? 20_261_128);

for (const [name, { isAlive }] of Object.entries(COMMANDS)) {
  test(`${name}: ${RUNS} answers to each of its requests`, async (t) => {
    for (const asking of askings(isAlive)) {
      const property = fc.asyncProperty(answersLike(asking.truth), async (answer) => {
        const { flaw } = await outcomeOf(name, asking, answer);
        if (flaw !== undefined) throw new Error(`${asking.asks}: ${flaw}`);
      });
      const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: RUNS, seed });
      if (!failed) continue;
      const [{ status, body }] = counterexample as [{ status: number; body: Uint8Array }];
      t.fail(`${(errorInstance as Error).message}\nto ${status} ${Buffer.from(body).toString('latin1').slice(0, 600)}`);
    }
    t.pass();
  });

  test(`${name}: done when all tell the truth`, async (t) => {
    const nobody = { asks: /^nothing/, truth: undefined };
    t.deepEqual(await outcomeOf(name, nobody, { status: 200, headers: {}, body: Buffer.from('') }), {});
  });
}

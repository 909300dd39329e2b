/**
 * `npm run fuzz:answers [-- COUNT [SEED [PART]]]`: as many generated answers (default 100,000) to each request of the sidekicks, of the
 * commands and of the look-up of releases; a hundredth as many through each program as a whole, a thousandth over real sockets. PART is a
 * pattern: only those that are named so.
 */
import fc from 'fast-check';
import { askings, COMMANDS, outcomeOf } from '../operator/hostile-testing.ts';
import { type Answer, answersLike } from '../sidekick/fuzz/answers.ts';
import { findUnsound } from '../sidekick/fuzz/mass.ts';
import { findMiscount } from '../sidekick/fuzz/names.ts';
import { findBreach, SCENES, type Scene } from '../sidekick/fuzz/programs.ts';
import { REQUESTS } from '../sidekick/fuzz/requests.ts';
import { slowly, Wire, type WireReport } from '../sidekick/fuzz/wire.ts';
import { findWrong, LOOKUP_NAMES } from './releases.ts';

const [count = 100_000, seed = 1] = process.argv.slice(2, 4).map(Number);
const part = new RegExp(process.argv[4] ?? '');
const some = Math.ceil(count / 100);
let answers = 0;

process.on('unhandledRejection', (error) =>
  tell('a promise that nobody waits for', String((error as Error)?.stack ?? error)),
);

function tell(what: string, wrong: string | undefined, made = count, more = ''): void {
  answers += made;
  console.log(`${wrong === undefined ? 'ok' : 'WRONG'}  ${what}: ${made} answers${more}`);
  if (wrong === undefined) return;
  console.log(wrong);
  process.exitCode = 1;
}

/** The commands that make this request when all is well. */
async function askersOf({ asks, truth }: ReturnType<typeof askings>[number]): Promise<string[]> {
  const askers: string[] = [];
  for (const name of Object.keys(COMMANDS)) {
    let isMade = false;
    const test = (asking: string) => {
      isMade ||= asks.test(asking);
      return false;
    };
    await outcomeOf(
      name,
      { asks: Object.assign(/./, { test }), truth },
      { status: 200, headers: {}, body: Buffer.of() },
    );
    if (isMade) askers.push(name);
  }
  return askers;
}

async function commands(): Promise<void> {
  // Most of them are of a cluster that lives.
  for (const [index, asking] of askings(true).entries()) {
    const askers = await askersOf(asking);
    for (const name of askers.filter((one) => part.test(`${one}, ${asking.asks}`))) {
      const its = askings(COMMANDS[name]?.isAlive === true)[index] ?? asking;
      const property = fc.asyncProperty(answersLike(its.truth), async (answer) => {
        return (await outcomeOf(name, its, answer)).flaw === undefined;
      });
      const share = Math.ceil(count / askers.length);
      const { failed, counterexample } = await fc.check(property, { numRuns: share, seed });
      const flaw = failed ? (await outcomeOf(name, its, (counterexample as [Answer])[0])).flaw : undefined;
      tell(`${name}, ${asking.asks}`, flaw && `${flaw}\nto ${JSON.stringify(counterexample)}`, share);
    }
  }
}

const wire = ({ answers: made, wrong, memory, resolved, slowest }: WireReport, what: string) => {
  const figures = `, ${resolved} of use, at most ${Math.round(memory / 2 ** 20)} MiB, slowest ${(slowest / 1000).toFixed(1)} s`;
  tell(what, wrong, made, figures);
};

const began = performance.now();
for (const request of REQUESTS.filter(({ name }) => part.test(name))) {
  tell(request.name, await findUnsound(request, count, seed));
}
if (part.test('DNS over TCP')) tell('DNS over TCP', findMiscount(count, seed));
for (const name of LOOKUP_NAMES.filter((one) => part.test(one))) tell(name, await findWrong(name, count, seed));
for (const scene of (Object.keys(SCENES) as Scene[]).filter((one) => part.test(one))) {
  tell(scene, await findBreach(scene, some, seed), some);
}
await commands();
if (part.test('over sockets')) {
  const real = await new Wire().open();
  wire(await real.quick(Math.ceil(some / 10), seed), 'over sockets');
  real.close();
  wire(await slowly(), 'over sockets, without an end');
}
const minutes = ((performance.now() - began) / 60_000).toFixed(1);
console.log(`${answers} answers in ${minutes} min: ${process.exitCode ? 'something is wrong' : 'nothing found'}`);

import test from 'ava';
import { LabError } from './lab-error.ts';
import { runSteps, type Step, undoSteps } from './steps.ts';

/** Steps that write down what happens to them; `!` fails in `do`, `?` in `undo`. */
function steps(names: string[]): { log: string[]; all: Step[] } {
  const log: string[] = [];
  const note = (line: string, failure: string | undefined) => {
    log.push(line);
    return failure === undefined ? Promise.resolve() : Promise.reject(new Error(failure));
  };
  const all = names.map((name) => ({
    name,
    do: () => note(`do ${name}`, name.includes('!') ? `${name} broke` : undefined),
    undo: () => note(`undo ${name}`, name.includes('?') ? `${name} stays` : undefined),
  }));
  return { log, all };
}

test('all in order; undone in reverse', async (t) => {
  const { log, all } = steps(['a', 'b']);
  await runSteps(all);
  await undoSteps(all);
  t.deepEqual(log, ['do a', 'do b', 'undo b', 'undo a']);
});

test('one that fails half-way is undone too, and so are those before it', async (t) => {
  const { log, all } = steps(['a', 'b!', 'c']);
  const error = await t.throwsAsync(runSteps(all), { instanceOf: LabError });
  t.is(error.message, 'b!: b! broke');
  t.deepEqual(log, ['do a', 'do b!', 'undo b!', 'undo a']);
});

test('an undo that fails keeps no other from being undone, and the first error is told first', async (t) => {
  const { log, all } = steps(['a', 'b?', 'c!']);
  const error = await t.throwsAsync(runSteps(all));
  t.deepEqual(log, ['do a', 'do b?', 'do c!', 'undo c!', 'undo b?', 'undo a']);
  t.regex(error?.message ?? '', /^c!: c! broke \(and then not everything could be undone: b\?: b\? stays\)$/);
});

test('a signal stops before the next step and undoes', async (t) => {
  const { log, all } = steps(['a', 'b']);
  const controller = new AbortController();
  const first = all[0] as Step;
  const before = first.do;
  first.do = async () => {
    await before();
    controller.abort();
  };
  await t.throwsAsync(runSteps(all, controller.signal), { message: 'interrupted while: b' });
  t.deepEqual(log, ['do a', 'undo b', 'undo a']);
});

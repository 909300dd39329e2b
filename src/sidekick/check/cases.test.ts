import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { Silence } from '../ready/roll.ts';
import { CASES, GAP } from './cases.ts';
import { run } from './check.ts';
import { MUTANTS } from './mutants.ts';
import { ONCE } from './once.ts';

for (const { rule, schedule } of CASES) {
  test.serial(rule, async (t) => {
    const mutant = MUTANTS.find((one) => one.rule === rule);
    t.regex((mutant && (await run(schedule, mutant.rules))) ?? '', mutant?.breaks ?? /^$/);
    t.is(await run(schedule), undefined, 'with the rule it holds');
  });
}

test.serial(GAP.rule, async (t) => {
  const { begin } = Silence.prototype;
  Silence.prototype.begin = () => {};
  const without = await run(GAP.schedule).finally(() => {
    Silence.prototype.begin = begin;
  });
  t.regex(without ?? '', /was there a moment ago/);
  t.is(await run(GAP.schedule), undefined, 'with the rule it holds');
});

for (const { what, schedule } of ONCE) {
  test.serial(what, async (t) => t.is(await run(schedule), undefined));
}

test('each rule that is taken away has a case', (t) => {
  t.deepEqual(CASES.map(({ rule }) => rule).sort(), MUTANTS.map(({ rule }) => rule).sort());
});

test('docs/safety.md lists them', (t) => {
  const path = 'docs/safety.md';
  const text = readFileSync(path, 'utf8');
  const all = [...CASES, { ...GAP, after: 'by hand', seconds: '' }];
  const rows = all.map(({ rule, after, seconds, schedule: { size, events } }) => {
    const moves = events.map(({ name }) => name).join(', ');
    return `| ${rule} | ${size} hosts: ${moves || 'nothing but time'} | ${after} | ${seconds} |`;
  });
  const head = ['| without the rule | the shortest schedule | found after | seconds |', '|---|---|---|---|'];
  const table = ['<!-- cases: begin -->', ...head, ...rows, '<!-- cases: end -->'].join('\n');
  const made = text.replace(/<!-- cases: begin -->[\s\S]*<!-- cases: end -->/, table);
  if (process.env.UPDATE) writeFileSync(path, made);
  else t.is(text, made);
  t.true(made.includes(table));
});

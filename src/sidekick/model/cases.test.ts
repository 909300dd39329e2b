import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { CASES } from './cases.ts';
import { run } from './check.ts';
import { MUTANTS } from './mutants.ts';

for (const { rule, schedule } of CASES) {
  test(rule, async (t) => {
    const mutant = MUTANTS.find((one) => one.rule === rule);
    t.regex((mutant && (await run(schedule, mutant.rules))) ?? '', mutant?.breaks ?? /^$/);
    t.is(await run(schedule), undefined, 'with the rule it holds');
  });
}

test('docs/safety.md lists them', (t) => {
  const path = 'docs/safety.md';
  const text = readFileSync(path, 'utf8');
  const rows = CASES.map(({ rule, after, seconds, schedule: { size, events } }) => {
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

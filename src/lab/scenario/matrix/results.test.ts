import test from 'ava';
import { type Cell, cells } from './cells.ts';
import { holds, type Result, tableOf } from './results.ts';

const [one, two] = cells() as [Cell, Cell];
const programs = { etcd: one.etcd, consul: one.consul, systemd: '257', cloudInit: '25.1.4', node: one.node };

test('a cell that was not played is not shown as one that holds, and a flaw is shown', (t) => {
  const result: Result = { cell: one, date: '2026-11-29', took: 1, programs, steps: { birth: '', dns: 'a|b' } };
  t.false(holds(result));
  t.true(holds({ ...result, steps: { birth: '' } }));
  t.false(holds({ ...result, steps: {} }));
  const [, , first, second] = tableOf([one, two], [result]).split('\n');
  t.regex(first ?? '', /\| 257 \| 25\.1\.4 \| birth, \*\*dns failed\*\*: a\\\|b \| 2026-11-29 \|$/);
  t.regex(second ?? '', /\| {2}\| {2}\| not run \| {2}\|$/);
});

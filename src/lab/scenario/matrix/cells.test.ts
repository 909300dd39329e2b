import test from 'ava';
import { AXES, type Cell, cells, nameOf } from './cells.ts';

test('each value meets each value of another axis, in few cells, the same each time', (t) => {
  const all = cells();
  t.deepEqual(all, cells());
  t.is(new Set(all.map(nameOf)).size, all.length);
  const axes = Object.entries(AXES) as [keyof Cell, readonly unknown[]][];
  for (const [one, values] of axes) {
    for (const [other, others] of axes) {
      for (const value of one === other ? [] : values) {
        for (const beside of others) {
          t.true(
            all.some((cell) => cell[one] === value && cell[other] === beside),
            `${one} ${value}, ${other} ${beside}`,
          );
        }
      }
    }
  }
  t.true(all.length <= 24, `${all.length}`);
});

import test from 'ava';
import { findStory } from './check.ts';

test('2,000 schedules of faults, rot and lies break nothing', async (t) => {
  t.timeout(600_000);
  t.is(await findStory(2000), undefined);
});

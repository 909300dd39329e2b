import test from 'ava';
import { isIn, lastOf } from './range.ts';

test('versions are compared number by number, and what is not said is 0', (t) => {
  t.true(isIn('3.5.10', { from: '3.5.9' }));
  t.false(isIn('3.10.0', { before: '3.9.1' }));
  t.true(isIn('3.5.0', { from: '3.5' }));
  t.false(isIn('3.5.0', { before: '3.5' }));
  t.true(isIn('18', { before: '18.1' }));
});

test('the last release of a range within one minor version', (t) => {
  t.is(lastOf({ from: '3.5.9', before: '3.5.12' }), '3.5.11');
  t.throws(() => lastOf({ from: '3.4', before: '3.6' }), { message: /not within one minor version/ });
});

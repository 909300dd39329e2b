import test from 'ava';
import { isIn, lastOf, pattern } from './range.ts';

test('versions are compared number by number, and what is not said is 0', (t) => {
  t.true(isIn('3.5.10', { from: '3.5.9' }));
  t.false(isIn('3.10.0', { before: '3.9.1' }));
  t.true(isIn('3.5.0', { from: '3.5' }));
  t.false(isIn('3.5.0', { before: '3.5' }));
  t.true(isIn('18', { before: '18.1' }));
});

test('a range as a pattern: releases of one minor version, or that one', (t) => {
  t.is(String(pattern({ from: '3.5.0', before: '3.5.3' })), String(/^3\.5\.[012]$/));
  t.is(String(pattern({ from: '3.9', before: '3.10' })), String(/^3\.9\./));
  t.is(lastOf({ from: '3.5.9', before: '3.5.12' }), '3.5.11');
  for (const [from, before] of [
    ['3.4', '3.6'],
    ['3.4.1', '3.5.0'],
    ['3.4.1', '3.5.2'],
    ['3.5.1', '3.5.12'],
    ['3.5', '3.5.2'],
  ] as const) {
    t.throws(
      () => pattern({ from, before }),
      { message: /no pattern|not within one minor version/ },
      `${from} ${before}`,
    );
  }
});

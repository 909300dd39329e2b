import test from 'ava';
import { fill } from './fill.ts';

test('fills every hole', (t) => {
  t.is(fill('a @{x} b @{x} @{y}', { x: '1', y: '$&' }), 'a 1 b 1 $&');
});
test('fails on an unknown hole', (t) => {
  t.throws(() => fill('@{x}', {}), { message: 'unknown hole @{x}' });
});
test('fails on an unused value', (t) => {
  t.throws(() => fill('', { x: '1' }), { message: 'no hole for x' });
});

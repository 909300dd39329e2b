import { createHash } from 'node:crypto';
import test from 'ava';
import { sha256, sha512 } from './hash.ts';

test('both are what Node makes of the same bytes', (t) => {
  for (const length of [0, 1, 55, 56, 64, 111, 112, 128, 5000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) % 256);
    t.is(sha256(bytes), createHash('sha256').update(bytes).digest('hex'));
    t.is(sha512(bytes), createHash('sha512').update(bytes).digest('hex'));
  }
});

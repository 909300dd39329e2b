import test from 'ava';
import fc from 'fast-check';
import { editDistance, nearest } from './suggest.ts';

const keys = ['version', 'peerPort', 'clientPort', 'metricsPort', 'dataDirectory', 'discovery'];

const means = test.macro<[word: string, expected: string | undefined]>({
  exec: (t, word, expected) => t.is(nearest(word, keys), expected),
  title: (_, word, expected) => `${JSON.stringify(word)} means ${expected ?? 'nothing here'}`,
});

test(means, 'verison', 'version');
test(means, 'Version', 'version');
test(means, 'peer_port', 'peerPort');
test(means, 'data-directory', 'dataDirectory');
test(means, 'dataDir', 'dataDirectory');
test(means, 'port', undefined);
test(means, 'x', undefined);
test(means, '', undefined);
test(means, '__', undefined);
test(means, 'image', undefined);

test('words of two letters are not near to one another', (t) => {
  t.is(nearest('on', ['off']), undefined);
  t.is(nearest('ab', ['cd']), undefined);
});

test('the distance is a symmetric count', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (left, right) => {
      const distance = editDistance(left, right);
      t.is(distance, editDistance(right, left));
      t.is(distance === 0, left === right);
      t.true(distance >= Math.abs(left.length - right.length) && distance <= Math.max(left.length, right.length));
    }),
  );
});

test('a swap of neighbours is one step', (t) => {
  t.is(editDistance('size', 'szie'), 1);
});

import test from 'ava';
import fc from 'fast-check';
import { gzip } from 'pako';
import { plainDataUrl, readDataUrl, shortestDataUrl } from './data-url.ts';

const pack = (bytes: Uint8Array) => gzip(bytes, { level: 9 });
const encode = (text: string) => new TextEncoder().encode(text);

test('every byte comes back, in each form', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const url of [plainDataUrl(bytes), shortestDataUrl(bytes), shortestDataUrl(bytes, pack)]) {
        t.deepEqual(readDataUrl(url), bytes);
      }
    }),
  );
});

test('the shortest form is taken', (t) => {
  t.deepEqual(shortestDataUrl(encode('A=1/b:c\n')), { source: 'data:,A=1/b:c%0A' });
  t.deepEqual(shortestDataUrl(encode('\n\n\n\n\n\n\n\n')), { source: 'data:;base64,CgoKCgoKCgo=' });
  t.regex(shortestDataUrl(encode('a b '.repeat(100))).source, /^data:;base64,/);
  t.is(shortestDataUrl(encode('a b '.repeat(100)), pack).compression, 'gzip');
});

test('a plus is a plus, a blank is %20, nothing begins another part of a URL', (t) => {
  t.is(plainDataUrl(encode('a+b c')).source, 'data:,a+b%20c');
  t.is(plainDataUrl(encode('#?%&"\\<é')).source, 'data:,%23%3F%25%26%22%5C%3C%C3%A9');
});

test('what no reader takes is refused', (t) => {
  for (const source of ['http://a/b', 'data:text', 'data:,a b', 'data:,%4', 'data:,%zz', 'data:;base64,*']) {
    t.throws(() => readDataUrl({ source }), undefined, source);
  }
  t.throws(() => readDataUrl({ source: 'data:,a', compression: 'xz' }), { message: 'unknown compression: xz' });
});

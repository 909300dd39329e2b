import test from 'ava';
import { sumOf } from './sums.ts';

const a = 'ab'.repeat(32);
const of = (text: string, file = 'f-1.tar.gz') => sumOf(text, file, 'https://example.com/SHA256SUMS');

test('lines as sha256sum writes them, in text and in binary mode, upper case, with CRLF, from a folder', (t) => {
  t.is(of(`${a}  f-1.tar.gz\n`), a);
  t.is(of(`${a} *f-1.tar.gz`), a);
  t.is(of(`${a.toUpperCase()}  f-1.tar.gz\n`), a);
  t.is(of(`${'0'.repeat(64)}  other\r\n${a}  f-1.tar.gz\r\n`), a);
  t.is(of(`${a}  ./f-1.tar.gz\n`), a);
  t.is(of(`${a}  with space`, 'with space'), a);
});

test('what is of another file, or no line of sums, says nothing', (t) => {
  for (const line of [
    `${a}  f-1.tar.gz.sig`,
    `${a}  xf-1.tar.gz`,
    `${a}  old/f-1.tar.gz`,
    `${a} f-1.tar.gz`,
    `${a}0  f-1.tar.gz`,
  ]) {
    t.is(of(`${line}\n`), undefined, line);
  }
  t.is(of('<html>f-1.tar.gz</html>'), undefined);
  t.is(of(''), undefined);
});

test('two sums of one file are refused, the same twice is one', (t) => {
  t.is(of(`${a}  f-1.tar.gz\n${a} *f-1.tar.gz\n`), a);
  t.throws(() => of(`${a}  f-1.tar.gz\n${'0'.repeat(64)}  f-1.tar.gz\n`), {
    message: /2 different sums of f-1\.tar\.gz/,
  });
});

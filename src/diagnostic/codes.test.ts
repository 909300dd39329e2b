import test from 'ava';
import { CODES, type Code, diagnose } from './codes.ts';

test('codes are kebab-case, titles and remedies are sentences without loose ends', (t) => {
  for (const [code, { title, remedy }] of Object.entries(CODES)) {
    t.regex(code, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    t.regex(title, /^(etcd|[A-Z]).*[^.]$/, code);
    t.regex(remedy, /[.}]$/, code);
  }
});

test('a remedy is filled from the detail, and a hole left open is a bug', (t) => {
  const occurrence = { message: 'm', pointer: '' };
  t.is(diagnose('size-even', { ...occurrence, detail: { below: 3, above: 5 } }).remedy, 'Use 3 or 5 members.');
  t.throws(() => diagnose('size-even', occurrence), { message: /size-even.*\{below\}/ });
  const code: Code = 'unknown-key';
  t.is(diagnose(code, { ...occurrence, detail: { advice: 'Use {below} $& $1.' } }).remedy, 'Use {below} $& $1.');
});

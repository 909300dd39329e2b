import test from 'ava';
import { visible } from './text.ts';

test('what cannot be seen is written out; what can stays', (t) => {
  for (const [text, shown] of [
    ['Grüße, 世界 😀 "\\n"', 'Grüße, 世界 😀 "\\n"'],
    ['a\nWATCHDOG=trigger', 'a\\nWATCHDOG=trigger'],
    ['\r\t\0\x1b[31m\x7f\x85\x9b', '\\r\\t\\x00\\x1b[31m\\x7f\\x85\\x9b'],
    ['\u202e\u2066\u200b\u2028\ufeff\u00ad', '\\u{202e}\\u{2066}\\u{200b}\\u{2028}\\u{feff}\\xad'],
    ['\ud800 \udc00 \u{e0001} \u{10ffff}', '\\u{d800} \\u{dc00} \\u{e0001} \\u{10ffff}'],
  ] as const) {
    t.is(visible(text), shown);
    t.is(visible(shown), shown);
  }
});

test('no longer than asked for, and no half of a character', (t) => {
  t.is(visible('x'.repeat(300)).length, 300);
  t.is(visible('x'.repeat(301)), `${'x'.repeat(299)}…`);
  t.is(visible('\0'.repeat(10), 10), `${'\\x00'.repeat(3).slice(0, 9)}…`);
  t.is(visible('😀😀😀', 4), '😀…');
  t.is(visible(`${'\ud83d'}`.repeat(3), 8), '\\u{d83d…');
  const once = visible('😀\n'.repeat(1000), 50);
  t.is(visible(once, 50), once);
});

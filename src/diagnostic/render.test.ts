import test from 'ava';
import fc from 'fast-check';
import { diagnose } from './diagnose.ts';
import type { Place } from './diagnostic.ts';
import { excerpt } from './excerpt.ts';
import { render } from './render.ts';

const at = (lineText: string, column: number, length: number): Place => ({
  file: 'cluster.yaml',
  line: 3,
  column,
  length,
  lineText,
});
const even = (place?: Place, suggestion?: string) =>
  diagnose('size-even', {
    message: 'It is 4.',
    pointer: '/cluster/size',
    place,
    suggestion,
    detail: { below: 3, above: 5 },
  });

test('text has the place, the line, a mark, the remedy and the suggestion', (t) => {
  t.is(
    render([even(at('  size: four', 9, 4), '3')], 'text'),
    [
      'cluster.yaml:3:9: error[size-even]: It is 4.',
      '    size: four',
      '          ~~~~',
      '  remedy: Use 3 or 5 members.',
      '  did you mean `3`?',
      '',
      '1 error',
      '',
    ].join('\n'),
  );
});

test('text without a place has no line, and no diagnostic gives no text', (t) => {
  t.is(render([even()], 'text'), 'error[size-even]: It is 4.\n  remedy: Use 3 or 5 members.\n\n1 error\n');
  t.is(render([], 'text'), '');
  t.is(render([], 'github'), '');
});

test('for GitHub a diagnostic is one workflow command, escaped', (t) => {
  const place = { ...at('size: 4', 7, 1), file: 'a,b:c%.yaml' };
  t.is(
    render([even(place)], 'github'),
    '::error file=a%2Cb%3Ac%25.yaml,line=3,col=7,endColumn=8,title=size-even::It is 4.%0Aremedy: Use 3 or 5 members.\n',
  );
});

test('the painter sees each part once, and positions do not depend on it', (t) => {
  const parts: string[] = [];
  render([even(at('size: 4', 7, 1))], 'text', (part, text) => {
    parts.push(`${part} ${text}`);
    return text;
  });
  t.deepEqual(parts, ['place cluster.yaml:3:7:', 'error error[size-even]:', 'mark ^', 'remedy remedy:']);
});

const marks = test.macro<[place: Place, line: string, mark: string]>({
  exec(t, place, line, mark) {
    t.deepEqual(excerpt(place), { line, mark });
  },
  title: (_, place) =>
    `excerpt of ${JSON.stringify(place.lineText.slice(0, 30))} from ${place.column} for ${place.length}`,
});
test(marks, at('size: 4', 7, 1), 'size: 4', '      ^');
test(marks, at('size: 4', 8, 0), 'size: 4', '       ^');
test(marks, at('', 1, 0), '', '^');
test(marks, at('\tsize:\t4', 8, 1), '    size:    4', '             ^');
test(marks, at('\tsize', 1, 1), '    size', '~~~~');
test(marks, at('名: 4x', 4, 2), '名: 4x', '    ~~');
test(marks, at('e\u0301: 4x', 5, 2), 'e\u0301: 4x', '   ~~');
test(marks, at('👍: 4x', 5, 2), '👍: 4x', '    ~~');
test(marks, at('a\u001b[31m: 1', 1, 1), 'a\ufffd[31m: 1', '^');
test(marks, at('x'.repeat(300), 1, 300), `${'x'.repeat(80)}…`, '~'.repeat(80));
test(marks, at(`${'x'.repeat(200)}yy`, 201, 2), `…${'x'.repeat(96)}yy`, `${' '.repeat(97)}~~`);

test('a mark is never outside the line, and a line is never wider than the window', (t) => {
  const line = fc.string({
    unit: fc.constantFrom('a', ' ', '\t', '名', '👍', '\u0301', '\u001b', '\u202e', '\ud83d'),
    maxLength: 250,
  });
  fc.assert(
    fc.property(line, fc.nat(), fc.nat(), (lineText, start, size) => {
      const column = (start % (lineText.length + 1)) + 1;
      const length = size % (lineText.length - column + 2);
      const shown = excerpt(at(lineText, column, length));
      const columns = [...shown.line].reduce(
        (sum, one) => sum + (/[名👍]/u.test(one) ? 2 : one === '\u0301' ? 0 : 1),
        0,
      );
      t.true(columns <= 100);
      t.regex(shown.mark, /^ *(\^|~~+)$/);
      t.true(shown.mark.length <= columns + 1);
      t.notRegex(shown.line, /[\p{Cc}\p{Cf}\p{Cs}]/u);
    }),
    { numRuns: 500 },
  );
});

test('no control character of the spec reaches a terminal', (t) => {
  const message = 'a\u001b]0;x\u0007\u202eb\nc';
  const text = render([{ ...even(), message, suggestion: '\u009bx' }], 'text');
  t.notRegex(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
});

import test from 'ava';
import { readSpec } from './read.ts';
import { SMALLEST } from './reference.ts';
import { SIZE_LIMIT } from './yaml.ts';

const refuses = test.macro<[text: string, code: string, line: number, column: number]>({
  exec(t, text, code, line, column) {
    const { spec, diagnostics } = readSpec(text, 'cluster.yaml', ['aws']);
    t.is(spec, undefined);
    const [first] = diagnostics;
    t.deepEqual([first?.code, first?.place?.line, first?.place?.column], [code, line, column], JSON.stringify(first));
  },
  title: (_, text, code, line, column) => `${code} at ${line}:${column} in ${JSON.stringify(text.slice(0, 60))}`,
});

test(refuses, '', 'spec-empty', 1, 1);
test(refuses, ' \n\n', 'spec-empty', 1, 1);
test(refuses, '# only\n# comments\n', 'spec-empty', 1, 1);
test(refuses, '---\n...\n', 'spec-empty', 1, 1);
test(refuses, `${SMALLEST}---\na: 1\n`, 'yaml-several-documents', 18, 1);
test(refuses, 'a: 1\n...\nb: 2\n', 'yaml-several-documents', 3, 1);
test(refuses, '---\n---\na: 1\n', 'yaml-several-documents', 2, 1);
test(refuses, 'x'.repeat(SIZE_LIMIT + 1), 'spec-too-large', 1, 1);
test(refuses, 'ä'.repeat(SIZE_LIMIT / 2 + 1), 'spec-too-large', 1, 1);
test(refuses, 'a: \0x\n', 'spec-control-character', 1, 4);
test(refuses, 'a: 1\nb: \u001b[31mx\n', 'spec-control-character', 2, 4);
test(refuses, 'a: "\ud800"\n', 'spec-control-character', 1, 5);
test(refuses, 'a: 1\n\u{feff}b: 1\n', 'spec-control-character', 2, 1);
test(refuses, 'a:\n\u00a0 b: 1\n', 'spec-blank', 2, 1);
test(refuses, '# \u00a0\na\u00a0: 1 # \u00a0\n', 'spec-blank', 2, 2);
test(refuses, 'a:\u00a01\n', 'spec-blank', 1, 3);
test(refuses, 'a: "#\u2003"\n', 'spec-blank', 1, 6);
test(refuses, 'a\u200b: 1\n', 'spec-blank', 1, 2);
test(refuses, 'a:\n\tb: 1\n', 'yaml-tab', 2, 1);
test(refuses, 'a:\n  \tb: 1\n  c: 2\n', 'yaml-tab', 2, 3);
test(refuses, '\ta: 1\n', 'yaml-tab', 1, 1);
test(refuses, 'a: [1, 2\n', 'yaml-syntax', 1, 9);
test(refuses, 'a: "x\n\n\n', 'yaml-syntax', 1, 6);
test(refuses, 'a: b: c\n', 'yaml-syntax', 1, 5);
test(refuses, 'a: 1\nb\nc: 2\n', 'yaml-syntax', 3, 2);
test(refuses, `a: ${'['.repeat(50)}${']'.repeat(50)}`, 'yaml-too-deep', 1, 23);
test(refuses, 'a: &x 1\n', 'yaml-anchor', 1, 4);
test(refuses, 'a: &x 1\nb: *x\n', 'yaml-anchor', 1, 4);
test(refuses, 'a: !!str 1\n', 'yaml-tag', 1, 4);
test(refuses, 'a: !!binary AAAA\n', 'yaml-tag', 1, 4);
test(refuses, 'a: {<<: {b: 1}}\n', 'yaml-merge-key', 1, 5);
test(refuses, '? [a]\n: 1\n', 'yaml-key', 1, 3);
test(refuses, '- a\n- b\n', 'spec-not-mapping', 1, 1);
test(refuses, 'just text\n', 'spec-not-mapping', 1, 1);
test(refuses, '~\n', 'spec-not-mapping', 1, 1);

test('a no-break space is named, and how many there are; in a comment it is nothing', (t) => {
  const { diagnostics } = readSpec(SMALLEST.replaceAll('  ', '\u00a0\u00a0'), 'x', ['aws']);
  t.is(diagnostics.length, 1);
  t.regex(diagnostics[0]?.message ?? '', /no-break space \(U\+00A0\).*there are 21 more/);
  t.regex(diagnostics[0]?.remedy ?? '', /Write a space/);
  t.deepEqual(readSpec(`#\u00a0x\n${SMALLEST}`, 'x', ['aws']).diagnostics, []);
});

test('every anchor and alias is named', (t) => {
  const { diagnostics } = readSpec('a: &x {b: 1}\nc: *x\nd: *x\n', 'cluster.yaml', ['aws']);
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ['yaml-anchor', 'yaml-alias', 'yaml-alias'],
  );
});

test('a key written twice is one error, and the rest is checked', (t) => {
  const text = SMALLEST.replace('size: 3', 'size: 3\n  size: 4').replace('3.7.3', '3.5.0');
  const { diagnostics } = readSpec(text, 'cluster.yaml', ['aws']);
  t.deepEqual(
    diagnostics.map(({ code, place }) => [code, place?.line]),
    [
      ['duplicate-key', 5],
      ['etcd-corrupts', 14],
    ],
  );
  t.regex(diagnostics[0]?.message ?? '', /first in line 4/);
});

const variants = {
  CRLF: (text: string) => text.replaceAll('\n', '\r\n'),
  CR: (text: string) => text.replaceAll('\n', '\r'),
  'a byte order mark': (text: string) => `\u{feff}${text}`,
  'a byte order mark and CRLF': (text: string) => `\u{feff}${text.replaceAll('\n', '\r\n')}`,
};
for (const [name, change] of Object.entries(variants)) {
  test(`${name} changes neither the value nor a place`, (t) => {
    const plain = SMALLEST.replace('cluster:', '\ncluster:').replace('size: 3', 'size: 4');
    t.deepEqual(readSpec(change(SMALLEST), 'x', ['aws']).spec, readSpec(SMALLEST, 'x', ['aws']).spec);
    const [found] = readSpec(change(plain), 'x', ['aws']).diagnostics;
    t.deepEqual(found, readSpec(plain, 'x', ['aws']).diagnostics[0]);
  });
}

test('a directive and a document start are plain YAML', (t) => {
  t.deepEqual(readSpec(`%YAML 1.2\n--- # spec\n${SMALLEST}`, 'x', ['aws']).diagnostics, []);
});

test('what follows a tab inside a line is counted in characters', (t) => {
  const { diagnostics } = readSpec(SMALLEST.replace('size: 3', 'size:\t\t4'), 'x', ['aws']);
  t.like(diagnostics[0]?.place, { line: 4, column: 10, length: 1, lineText: '  size:\t\t4' });
});

test('a list of problems ends somewhere', (t) => {
  const keys = Array.from({ length: 5000 }, (_, index) => `key${index}: 1\n`).join('');
  const { diagnostics } = readSpec(SMALLEST + keys, 'x', ['aws']);
  t.is(diagnostics.length, 101);
  t.like(diagnostics.at(-1), { code: 'too-many-problems', message: '4900 more problems from here on.' });
});

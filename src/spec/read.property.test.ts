import test from 'ava';
import fc from 'fast-check';
import { render } from '../diagnostic/render.ts';
import { readSpec } from './read.ts';
import { WITHOUT_PROGRAMS } from './reference.ts';
import { masked } from './secret.ts';

const pieces = fc.constantFrom(
  ...[
    '\n',
    '  ',
    '\t',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '!t ',
    '<<: ',
    '? ',
    '|',
    '>',
    '---\n',
  ],
  ...[
    '\r\n',
    '\u{feff}',
    '\0',
    '~',
    '3',
    'true',
    '.nan',
    'cluster',
    'size',
    'etcd',
    'version',
    '\u00a0',
    '\ud83d',
    '%',
  ],
);

const FULL = `${WITHOUT_PROGRAMS}programs:
  etcd: {url: "https://example.com/etcd.tar.gz", sha256: ${'0a'.repeat(32)}}
  node: package
  sidekick: {url: "https://example.com/etcd-sidekick.cjs"}
`;

/** A valid spec with pieces put in place of parts of it. */
const mutated = fc
  .array(
    fc.record({ at: fc.nat(FULL.length), length: fc.nat(12), piece: fc.oneof(pieces, fc.string({ maxLength: 4 })) }),
    {
      maxLength: 4,
    },
  )
  .map((changes) =>
    changes.reduce((text, { at, length, piece }) => text.slice(0, at) + piece + text.slice(at + length), FULL),
  );

const texts = fc.oneof(
  { weight: 4, arbitrary: mutated },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')) },
);

test('any text is read without an exception, and every diagnostic has a place inside it', (t) => {
  fc.assert(
    fc.property(texts, (text) => {
      const { spec, diagnostics } = readSpec(text, 'cluster.yaml', ['aws']);
      t.is(
        spec === undefined,
        diagnostics.some(({ severity }) => severity === 'error'),
      );
      const lines = text.replace(/^\u{feff}/u, '').split(/\r\n|\n|\r/);
      for (const { place, remedy, message } of diagnostics) {
        if (place === undefined) throw new Error(`no place: ${message}`);
        t.is(masked(lines[place.line - 1] ?? ''), place.lineText);
        t.true(place.column >= 1 && place.length >= 0);
        t.true(place.column - 1 + place.length <= place.lineText.length);
        // A key may be just that: YAML's `.nan`.
        const slip = /\.nan/i.test(text) ? /undefined|\[object/ : /undefined|\[object|NaN/;
        t.notRegex(`${remedy} ${message}`, slip);
      }
      const keys = diagnostics.map(({ code, pointer, place }) => `${code} ${pointer} ${place?.line}:${place?.column}`);
      t.is(new Set(keys).size, keys.length);
      t.notThrows(() => render(diagnostics, 'text'));
    }),
    { numRuns: 600 },
  );
});

test('a diagnostic stands at the same place with CRLF and with a byte order mark', (t) => {
  fc.assert(
    fc.property(
      mutated.filter((text) => !/[\r\u{feff}]/u.test(text)),
      (text) => {
        const plain = readSpec(text, 'x', ['aws']).diagnostics;
        t.deepEqual(readSpec(`\u{feff}${text}`, 'x', ['aws']).diagnostics, plain);
        t.deepEqual(readSpec(text.replaceAll('\n', '\r\n'), 'x', ['aws']).diagnostics, plain);
      },
    ),
    { numRuns: 200 },
  );
});

import test from 'ava';
import fc from 'fast-check';
import { reaches, reduced } from './reachability.ts';

const edge = (text: string) => ({ before: text[0] ?? '', after: text[1] ?? '' });

test('what a longer way already says is left out', (t) => {
  t.deepEqual(reduced(['ab', 'bc', 'ac', 'cd', 'ad'].map(edge)), ['ab', 'bc', 'cd'].map(edge));
});

test('a node reaches itself only on a loop', (t) => {
  t.false(reaches(['ab'].map(edge), 'a').has('a'));
  t.true(reaches(['ab', 'ba'].map(edge), 'a').has('a'));
});

test('reduction keeps the order and no edge that can go', (t) => {
  const nodes = [...'abcdefg'];
  const pair = fc.tuple(fc.nat(6), fc.nat(6)).filter(([a, b]) => a < b);
  const graph = fc.uniqueArray(pair, { selector: ([a, b]) => a * 7 + b });
  fc.assert(
    fc.property(graph, (pairs) => {
      const edges = pairs.map(([a, b]) => ({ before: nodes[a] ?? '', after: nodes[b] ?? '' }));
      const few = reduced(edges);
      for (const node of nodes) t.deepEqual([...reaches(few, node)].sort(), [...reaches(edges, node)].sort());
      for (const one of few) {
        const rest = few.filter((other) => other !== one);
        t.false(reaches(rest, one.before).has(one.after));
      }
    }),
  );
});

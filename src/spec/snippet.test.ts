import test from 'ava';
import { child, isWithin, segments } from './pointer.ts';
import { readSpec } from './read.ts';
import { mappings, ROOT } from './schema-tree.ts';
import { snippet } from './snippet.ts';

const top = ROOT.required ?? [];
const whole = (changed = '', inner = '') =>
  top.map((key) => (key === changed ? inner : snippet(child('', key)))).join('\n');

test('the snippets of the top level make a spec', (t) => {
  t.deepEqual(readSpec(whole(), 'x', ['aws']).diagnostics, []);
});

for (const { pointer, node } of mappings(ROOT)) {
  const { required = [] } = node;
  if (pointer === '' || required.length === 0) continue;
  test(`snippets make a mapping: ${pointer}`, (t) => {
    const inner = `{${required.map((key) => snippet(child(pointer, key))).join(', ')}}`;
    // Of its own script the compiler knows the hash.
    if (pointer === '/programs/sidekick') t.is(inner, '{url: "https://example.com/etcd-sidekick.cjs"}');
    else if (isWithin(pointer, '/programs')) t.regex(inner, /url: ".+", sha256: …/);
    // `tls.peer` and its like are snippets of one mapping more.
    else if (segments(pointer).length > 1) t.is(`${segments(pointer).at(-1)}: ${inner}`, snippet(pointer));
    else t.deepEqual(readSpec(whole(pointer.slice(1), `${pointer.slice(1)}: ${inner}`), 'x', ['aws']).diagnostics, []);
  });
}

import test from 'ava';
import { isWithin } from './pointer.ts';
import { readSpec } from './read.ts';
import { mapping, mappings, specSchema } from './schema/tree.ts';
import { snippet } from './snippet.ts';

const { properties = {}, required: top = [] } = specSchema();

test('the snippets of the top level make a spec', (t) => {
  // Neither is needed by itself, one of the two is.
  const keys = [...top, 'tls'];
  const spec = keys.map((key) => snippet(key, properties[key] ?? {})).join('\n');
  t.deepEqual(readSpec(spec, 'x', ['aws']).diagnostics, []);
});

for (const { pointer, node } of mappings(specSchema())) {
  const { required = [] } = node;
  if (pointer === '' || required.length === 0) continue;
  test(`snippets make a mapping: ${pointer}`, (t) => {
    const inner = required.map((key) => snippet(key, mapping(node).properties?.[key] ?? {})).join(', ');
    // Of its own script the compiler knows the hash.
    if (pointer === '/programs/sidekick') t.is(inner, 'url: "https://example.com/etcd-sidekick.cjs"');
    else if (isWithin(pointer, '/programs')) t.regex(inner, /^url: ".+", sha256: …$/);
    else t.notRegex(inner, /…/);
  });
}

import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { specReference } from './reference.ts';
import { mappings, specSchema } from './schema/tree.ts';

const committed = new URL('../../docs/spec.md', import.meta.url);

test('docs/spec.md is what the schema says (UPDATE=1 writes it)', async (t) => {
  const reference = specReference(specSchema());
  if (process.env['UPDATE']) await writeFile(committed, reference);
  t.is(await readFile(committed, 'utf8'), reference);
});

test('every key has a description and a row', (t) => {
  const reference = specReference(specSchema());
  for (const { pointer, node } of mappings(specSchema())) {
    // Its keys are those of its neighbour.
    if (node.like !== undefined) continue;
    for (const [key, { description }] of Object.entries(node.properties ?? {})) {
      const path = [...pointer.split('/').slice(1), key].join('.');
      t.truthy(description, path);
      t.true(reference.includes(`\n| \`${path}\` | `), path);
    }
  }
});

import test from 'ava';
import { SCHEMAS } from '../validators.ts';
import { gaps } from './gaps.ts';
import { type SchemaNode, specSchema } from './tree.ts';

test('every key has a description, and every string a form in words', (t) => {
  t.deepEqual(gaps(specSchema()), []);
  // Its keys are in no document.
  t.deepEqual(
    gaps(SCHEMAS.lock).filter((gap) => !gap.endsWith(': no description')),
    [],
  );
});

const finds = test.macro<[node: SchemaNode, expected: string]>({
  exec: (t, node, expected) => t.deepEqual(gaps({ properties: { key: node } }), [expected]),
  title: (_, node, expected) => `${expected}: ${JSON.stringify(node)}`,
});
const description = 'A key.';

test(finds, { type: 'integer' }, '/key: no description');
test(finds, { description, type: 'string', pattern: '^x$' }, '/key: no form');
test(finds, { description, type: 'string', form: 'x' }, '/key: no form');
test(finds, { description, type: 'array', items: { type: 'string', pattern: '^x$' } }, '/key/0: no form');
// biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
test(finds, { description, if: { type: 'string' }, then: { type: 'string', pattern: '^x$' } }, '/key: no form');
test(finds, { description, else: { properties: { inner: { type: 'integer' } } } }, '/key/inner: no description');

test('a key that must be there has no default', (t) => {
  const key = { description, type: 'integer', default: 1 };
  t.deepEqual(gaps({ properties: { key }, required: ['key'] }), ['/key: a default never used']);
});

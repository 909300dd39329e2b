import test from 'ava';
import { type Form, firstThatFits } from './form.ts';
import type { Limit } from './target.ts';

const limit = (bytes: number, counted: Limit['counted'] = 'raw'): Limit => ({
  bytes,
  counted,
  place: 'x',
  source: 'x',
  date: '2026-11-25',
});

function form(name: string, size: number): Form {
  const document = { path: name, bytes: new Uint8Array(size) };
  return { name, write: () => ({ files: [document], parts: () => [{ name, bytes: size, pointer: '' }] }) };
}

test('the first that fits is taken, to the byte, and none after it is written', (t) => {
  const unwritten: Form = { name: 'last', write: () => t.fail() as never };
  const forms = [form('a', 30), form('b', 20), unwritten];
  t.like(firstThatFits('etcd', limit(30), forms), { form: 'a', size: 30 });
  t.like(firstThatFits('etcd', limit(29), forms), { form: 'b', size: 20 });
  t.like(firstThatFits('etcd', limit(20), forms), { form: 'b', size: 20 });
});

test('where none fits, the one nearest to the limit is what is told of', (t) => {
  t.like(firstThatFits('etcd', limit(9), [form('a', 30), form('b', 10), form('c', 20)]), { form: 'b', size: 10 });
});

test('a document and its parts are counted as the place counts', (t) => {
  const { size, parts } = firstThatFits('etcd', limit(40, 'base64'), [form('a', 30)]);
  t.is(size, 40);
  t.is(parts[0]?.bytes, 40);
  t.is(firstThatFits('etcd', limit(39, 'base64'), [form('a', 30), form('b', 29)]).size, 40);
});

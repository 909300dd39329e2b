import test from 'ava';
import { fieldsOf, listOf, parseJson, textOf } from './json.ts';

test('JSON as ever, up to a depth and a number of things', (t) => {
  const deep = `${'['.repeat(64)}${']'.repeat(64)}`;
  for (const text of ['{}', 'null', ' [1, "]]]]", {"a\\"[": ["\\\\"]}] ', '"\\u005b"', deep]) {
    t.deepEqual(parseJson(text), JSON.parse(text));
  }
  const many = (count: number) => `[${'{},'.repeat(count - 1)}0]`;
  t.is((parseJson(many(50_000)) as unknown[]).length, 50_000);
  for (const text of [`[${deep}]`, '['.repeat(20_000_000), '{"a":'.repeat(100_000), many(50_001)]) {
    t.throws(() => parseJson(text), { message: 'too deep or too much' });
  }
});

test('what is none is told in one line', (t) => {
  t.throws(() => parseJson('{"generation": oops'), { message: 'not JSON: {"generation": oops' });
  t.throws(() => parseJson('<html>\n'.repeat(100)), { message: /^not JSON: <html>\\n.{40,55}…$/ });
  t.throws(() => parseJson(''), { message: 'not JSON: ' });
});

test('shapes', (t) => {
  t.deepEqual(fieldsOf({ a: 1 }, 'it'), { a: 1 });
  for (const value of [null, undefined, [], 'x', 1])
    t.throws(() => fieldsOf(value, 'it'), { message: 'it is no object' });
  t.deepEqual(listOf([1], 'it', 1), [1]);
  t.deepEqual(listOf(null, 'it', 1), []);
  for (const value of [{ length: 1 }, 'x', [1, 2]]) {
    t.throws(() => listOf(value, 'it', 1), { message: 'it is no list, or one of more than 1' });
  }
  t.is(textOf('a', 'it', /^a$/), 'a');
  t.throws(() => textOf('b\n', 'it', /^a$/), { message: 'it is "b\\\\n"' });
  t.throws(() => textOf(1, 'it', /^1$/), { message: 'it is "number"' });
});

import test from 'ava';
import { readSpec } from './read.ts';
import { SMALLEST } from './reference.ts';

const read = (documents: object) => readSpec(`${SMALLEST}documents: ${JSON.stringify(documents)}\n`, 'x', ['aws']);

test('a place for documents is a plain URL: what is put after it is a name', (t) => {
  for (const baseUrl of [
    'https://a.example',
    'http://10.0.0.1:8080/a/b~1/',
    'https://b.s3.eu-west-1.amazonaws.com/x',
  ]) {
    t.deepEqual(read({ baseUrl }).diagnostics, [], baseUrl);
  }
  for (const baseUrl of [
    'https://user:secret@a.example/',
    'https://a.example/?X-Amz-Signature=1',
    'https://a.example/#a',
    'https://a.example/a b',
    "https://a.example/';reboot;'",
    'https://a.example/%s',
    'https://a.example/$(x)',
    'https://a.example//x',
    's3://bucket/x',
    'a.example/x',
  ]) {
    const { diagnostics } = read({ baseUrl });
    t.deepEqual(
      diagnostics.map(({ code, pointer }) => [code, pointer]),
      [['bad-format', '/documents/baseUrl']],
      baseUrl,
    );
    t.regex(diagnostics[0]?.remedy ?? '', /without user, query or `%`/);
  }
});

test('defaults: EC2, five minutes, and no place to fetch from', (t) => {
  t.deepEqual(readSpec(SMALLEST, 'x', ['aws']).spec?.documents, { platform: 'ec2', timeout: 300 });
  t.deepEqual(read({}).spec?.documents, { platform: 'ec2', timeout: 300 });
});

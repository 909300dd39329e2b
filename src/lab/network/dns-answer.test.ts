import test from 'ava';
import { answer } from './dns-answer.ts';

function query(name: string, type: number): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

const names = { 'ordinary.test': '10.77.0.1' };

test('an A record, in any case of letters', (t) => {
  const reply = answer(query('Ordinary.Test', 1), names);
  t.is(reply?.readUInt16BE(0), 0x1234);
  t.is(reply?.readUInt16BE(2), 0x8580);
  t.is(reply?.readUInt16BE(6), 1);
  t.deepEqual([...(reply?.subarray(-4) ?? [])], [10, 77, 0, 1]);
});

test('no AAAA for a name that exists; other names do not exist', (t) => {
  const reply = answer(query('ordinary.test', 28), names);
  t.deepEqual([reply?.readUInt16BE(2), reply?.readUInt16BE(6)], [0x8580, 0]);
  t.is((answer(query('other.test', 1), names)?.readUInt16BE(2) ?? 0) & 15, 3);
});

test('what is no query gets no answer', (t) => {
  const good = query('ordinary.test', 1);
  t.is(answer(good.subarray(0, 20), names), undefined);
  t.is(answer(Buffer.alloc(4), names), undefined);
  const reply = Buffer.from(good);
  reply[2] = 0x80;
  t.is(answer(reply, names), undefined);
});

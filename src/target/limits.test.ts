import test from 'ava';
import { ROWS } from './cloud-init/rows.ts';
import { imageLimit } from './compose/limits.ts';
import { unitLineLimit } from './container-linux/limits.ts';
import { measure, PLATFORMS } from './limits.ts';
import type { Limit } from './target.ts';
import { scriptLimit } from './vagrant/limits.ts';

const limits: Limit[] = [
  ...Object.values(PLATFORMS),
  ...ROWS.map(({ limit }) => limit),
  scriptLimit,
  imageLimit,
  unitLineLimit,
];

/** Parts that a row lacks to be a fact. */
function lacking({ place, bytes, counted, source, date }: Limit): string[] {
  return [
    ...(place.length > 2 ? [] : ['place']),
    ...(bytes > 0 ? [] : ['bytes']),
    ...(counted === 'raw' || counted === 'base64' ? [] : ['counted']),
    ...(source.length > 10 ? [] : ['source']),
    ...(/^20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/.test(date) && !Number.isNaN(Date.parse(date)) ? [] : ['date']),
  ];
}

test('every limit has its size, what is counted, a source and a date', (t) => {
  for (const limit of limits) t.deepEqual(lacking(limit), [], limit.place);
});

test('every row of cloud-init has a source and a date, and an encoding that its field takes', (t) => {
  for (const { name, source, date, limit, encodings } of ROWS) {
    t.deepEqual(lacking({ ...limit, source, date }), [], name);
    t.is(encodings[0], 'plain text', name);
  }
  t.is(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
});

test('a limit without them would be found', (t) => {
  const whole = PLATFORMS.ec2;
  t.deepEqual(lacking({ ...whole, source: '' }), ['source']);
  t.deepEqual(lacking({ ...whole, date: '' }), ['date']);
  t.deepEqual(lacking({ ...whole, date: '2026-13-01' }), ['date']);
  t.deepEqual(lacking({ ...whole, bytes: 0 }), ['bytes']);
});

test('base64 is counted with its padding', (t) => {
  const sizes = [0, 1, 2, 3, 4].map((length) => measure(new Uint8Array(length), PLATFORMS.openstack));
  t.deepEqual(sizes, [0, 4, 4, 4, 8]);
  t.is(measure(new Uint8Array(5), PLATFORMS.ec2), 5);
});

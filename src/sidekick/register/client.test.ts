import test from 'ava';
import { makeRecord } from '../shared/record.ts';
import { sinceOf } from './client.ts';

const day = 86_400;
const birth = 1_790_000_000;
const record = makeRecord([{ name: 'a', incarnation: 'one', peer_url: 'http://10.0.0.1:2380' }], 'token', birth);

for (const [title, since, date, kept] of [
  ['a first verification', undefined, birth + 5, birth + 5],
  ['within a day nothing is written', birth, birth + day, birth],
  ['later it is', birth, birth + day + 1, birth + day + 1],
  ['a clock that was ahead at the launch', birth + 40 * day, birth + day, birth + day],
  ['a clock that forgot the time', birth + 40 * day, 1_000_000, birth],
] as const)
  test(`how long a member has been in its cluster: ${title}`, (t) => {
    t.is(
      sinceOf({ incarnation: 'one', machineId: 'm', phase: 'launched', ...(since && { since }) }, record, date),
      kept,
    );
  });

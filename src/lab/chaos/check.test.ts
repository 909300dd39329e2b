import test from 'ava';
import { missingWrites } from './check.ts';
import { chaosReport } from './report.ts';
import { keyOf } from './writer.ts';

const prefix = 'chaos/1/9/';
const listed = (...numbers: number[]) => numbers.map((number) => `${keyOf(prefix, number)}\n${number}`).join('\n');

test('an acknowledged write that is missing, or has another value, is found', (t) => {
  const written = { prefix, acknowledged: [1, 2, 4], attempts: 4, longestGap: 0 };
  t.deepEqual(missingWrites(written, listed(1, 2, 4)), []);
  t.deepEqual(
    missingWrites(written, listed(1, 2, 3, 4)),
    [],
    'one that was written without being acknowledged is fine',
  );
  t.deepEqual(missingWrites(written, listed(1, 4)), [2]);
  t.deepEqual(missingWrites(written, listed(1, 2, 4).replace(/\n4$/, '\n5')), [4]);
  t.deepEqual(missingWrites(written, ''), [1, 2, 4]);
});

test('the summary counts writes and faults, and says what does not hold', (t) => {
  const written = { prefix, acknowledged: [1, 2], attempts: 3, longestGap: 2.34 };
  const played = new Map([
    ['reboot', 2],
    ['loss', 1],
  ]);
  const told = chaosReport({ written, played, longestHealing: 12, broken: ['etcd-1 lacks 1 acknowledged writes: 2'] });
  t.regex(told, /acknowledged +2 of 3\n.* 2\.3 s\n.* 3: 1 loss, 2 reboot\n.* 12\.0 s\n.*etcd-1 lacks/);
});

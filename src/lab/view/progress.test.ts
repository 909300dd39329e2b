import test from 'ava';
import { startDelays } from '../host/spread.ts';
import type { Seen } from './look.ts';
import { phasesOf } from './phases.ts';
import { progress } from './progress.ts';
import { table } from './table.ts';

const seen = (step: string, status: string): Seen => ({
  host: { name: 'etcd-1', role: 'etcd', address: '10.77.0.101', target: 'aws', startedAt: 100 },
  alive: true,
  leader: '',
  units: new Map(),
  step,
  status,
  up: false,
});

test('not on a terminal: a line for each change, no control characters', (t) => {
  const out: string[] = [];
  const show = progress({ write: (text) => out.push(text) });
  show([seen('gate', 'a\u001b[31mb')]);
  show([seen('gate', 'a\u001b[31mb')]);
  show([seen('etcd', '')]);
  t.is(out.length, 2);
  t.regex(out[0] ?? '', /^ +0\.0 s {2}etcd-1 +gate +a \[31mb\n$/);
});

test('on a terminal: in place, never wider than it', (t) => {
  const out: string[] = [];
  const show = progress({ write: (text) => out.push(text), isTTY: true, columns: 30 });
  show([seen('gate', 'x'.repeat(100))]);
  show([seen('gate', 'y')]);
  t.is(out[0], `\x1b[2K${`etcd-1           gate       ${'x'.repeat(100)}`.slice(0, 29)}\n`);
  t.true(out[1]?.startsWith('\x1b[1A\x1b[2K'));
});

test('phases count from the host’s own start; those that did not happen are left out', (t) => {
  const unit = { id: 'etcd.service', loaded: true, active: 'active', sub: 'running', statusText: '', result: '' };
  const one = { ...seen('etcd', ''), units: new Map([['etcd.service', { ...unit, mainStartedAt: 107.5 }]]) };
  t.deepEqual(phasesOf(one, 105), { 'consul leader': 5, 'gate opened': 7.5 });
});

test('start delays are the same for the same seed and within the spread', (t) => {
  t.deepEqual(startDelays(5, 10, 7), startDelays(5, 10, 7));
  t.notDeepEqual(startDelays(5, 10, 7), startDelays(5, 10, 8));
  t.true(startDelays(100, 10, 1).every((delay) => delay >= 0 && delay < 10));
});

test('tables are aligned', (t) => {
  t.is(
    table([
      ['A', 'BB'],
      ['ccc', 'd'],
    ]),
    'A    BB\nccc  d\n',
  );
});

import test from 'ava';
import { decide } from '../ready/decide.ts';
import { makeRecord } from '../shared/record.ts';
import { findStory } from './check.ts';
import { needed, seeing } from './needed.ts';
import type { Rules } from './rules.ts';

test('2,000 schedules of boots, crashes, wipes, replacements, partitions and lost data break nothing', (t) => {
  t.timeout(120_000);
  t.is(findStory(2000), undefined);
});

const blindToData = seeing((seen) => ({ ...seen, self: { ...seen.self, wal: false } }));
test('1: data wins', needed, blindToData, /did not start with the data/);

const forgetful = seeing((seen) => ({ ...seen, self: { ...seen.self, phase: 'fresh' } }));
test('2: launched is remembered', needed, forgetful, /second time|lost the acknowledged/);

const anyDisk = seeing((seen) => {
  const record = seen.record.known ? seen.record.value : undefined;
  const mine = record?.members.find((member) => member.peer_url === seen.self.peerUrl);
  return mine === undefined ? seen : { ...seen, self: { ...seen.self, incarnation: mine.incarnation } };
});
test('2, 3: only the very disk that the record names', needed, anyDisk, /second time|lost the acknowledged/);

test(
  '4: the record is created only where there is none',
  needed,
  { compareAndSet: false },
  /two clusters|second cluster|another cluster/,
);

const anyNumber = seeing((seen) => {
  if (!seen.candidates.known) return seen;
  const size = seen.candidates.value.length;
  const value = seen.candidates.value.map((peer) => ({ ...peer, meta: { ...peer.meta, size: String(size) } }));
  return { ...seen, self: { ...seen.self, size }, candidates: { known: true, value } };
});
test('4: exactly N', needed, anyNumber, /of \d members|two clusters/);

const blindToOthersData = seeing((seen) => {
  if (!seen.candidates.known) return seen;
  const value = seen.candidates.value.map((peer) => ({ ...peer, meta: { ...peer.meta, state: 'empty' } }));
  const probe = seen.probe && { ...seen.probe, answering: [] };
  return { ...seen, probe, candidates: { known: true, value } };
});
test('4: nobody there with data', needed, blindToOthersData, /a second cluster beside|clusters: [2-5]/);

const impatient: Partial<Rules> = {
  decide: (seen) => {
    const decision = decide(seen);
    if (decision.do !== 'wait' || seen.record.known || seen.self.wal) return decision;
    // Opens after a time-out, with the list that the spec or an old answer gives.
    const self = { name: seen.self.name, incarnation: seen.self.incarnation, peer_url: seen.self.peerUrl };
    return { do: 'new', record: makeRecord([self], 'time-out', 1) };
  },
};
test('5: no time-out opens the gate', needed, impatient, /two clusters|of \d members|second time/);

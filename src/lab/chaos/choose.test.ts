import test from 'ava';
import fc from 'fast-check';
import { random } from '../host/spread.ts';
import { hostsOf, networkOf } from '../network/addresses.ts';
import { type Choice, choose } from './choose.ts';
import { KINDS } from './kinds.ts';

const network = networkOf({ address: {} });
const destroying = new Set(KINDS.filter(({ destroys }) => destroys).map(({ name }) => name));

function story(seed: number, length = 30, size = 3, count = 0): Choice[] {
  const next = random(seed);
  const hosts = hostsOf({ cluster: { size }, consul: { count } }, network);
  return Array.from({ length }, () => choose(next, KINDS, hosts, size));
}

test('one seed is one story, another seed another', (t) => {
  t.deepEqual(story(7), story(7));
  t.notDeepEqual(story(7), story(8));
});

test('a fault hits different hosts, no more than a quorum bears, unless it says so', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(1, 3, 5, 7), (seed, size) => {
      for (const { hosts: hit, beyond, pause, lasts, other } of story(seed, 20, size)) {
        const bearable = Math.floor((size - 1) / 2);
        t.is(new Set(hit).size, hit.length);
        t.true(hit.length >= 1 && hit.length <= size);
        t.is(hit.length > bearable, beyond);
        t.true(pause >= 1 && pause <= 5 && lasts >= 1 && lasts <= 12);
        t.true(hit.length === size || !hit.includes(other));
      }
    }),
  );
});

test('disks are lost only of members, and of no more than a quorum bears', (t) => {
  t.deepEqual([...destroying], ['wipe', 'replace']);
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(1, 3, 5, 7), fc.constantFrom(0, 3), (seed, size, count) => {
      for (const { kind, hosts, beyond } of story(seed, 40, size, count).filter((one) => destroying.has(one.kind))) {
        t.true(hosts.length <= Math.floor((size - 1) / 2), `${kind} of ${hosts.length} of ${size}`);
        t.true(hosts.every((name) => name.startsWith('etcd-')));
        t.false(beyond);
      }
    }),
  );
  t.true(story(2, 500).some(({ kind }) => destroying.has(kind)));
  t.false(
    story(2, 500, 1).some(({ kind }) => destroying.has(kind)),
    'a single member has none to lose',
  );
});

test('a long story has every kind in it, and now and then more than a quorum bears', (t) => {
  const long = story(1, 500);
  t.deepEqual([...new Set(long.map(({ kind }) => kind))].sort(), KINDS.map(({ name }) => name).sort());
  const share = long.filter(({ beyond }) => beyond).length / long.length;
  t.true(share > 0.1 && share < 0.3, String(share));
  t.true(long.some(({ hosts: hit }) => hit.length === 3));
});

test('each kind has a name of its own; what only an operator can heal is none', (t) => {
  const names = KINDS.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  t.false(names.includes('clone-disk'));
});

import test from 'ava';
import { lineageKey, listKey, recordKey } from '../shared/keys.ts';
import type { Own } from '../shared/ports.ts';
import { makeRecord } from '../shared/record.ts';
import { agreed, given, gives, keys, known, log, members, own, ownId, peer, urlOf, voter } from './decide-testing.ts';
import { unlisted } from './observe.ts';
import { listOf, recordOf } from './publish.ts';

/** The traces of hosts and operators that knew neither lineages nor proofs. */
const born = makeRecord(members, 'token', 1);
const reset = makeRecord(members, 'again', 2);
const disk = { phase: 'launched', record: born, memberId: ownId, launchedAt: urlOf(1) } as const;
const legacy = keys([recordKey('c'), born]);

test('a log beside an identity without a nonce', gives, { self: { ...disk, data: log }, keys: legacy }, 'start');
test(
  'a launch that came to nothing, of which Consul knows nothing',
  gives,
  { self: { ...disk, untouched: true }, keys: legacy },
  'new',
);
test(
  'a bare mark on the disk of a member: it starts',
  gives,
  {
    self: { ...disk, data: log },
    keys: keys([recordKey('c'), born], ['retired/i1', 'h1']),
    ...agreed([own, voter(2), voter(3)]),
  },
  'start',
);
test('an operator’s reset that nobody signed, to a fresh disk', gives, { keys: keys([recordKey('c'), reset]) }, 'new');
test(
  'the same, to a disk that was of what it replaced: no word is enough, and it says so',
  gives,
  { self: disk, keys: keys([recordKey('c'), reset]) },
  'wait',
  /^this disk was of cluster \w+, Consul has a record only of \w+, .*wipe the disk/,
);
const here = peer(1, {}, { incarnation: 'i4' });
const there = [
  peer(7, {}, { state: 'member', cid: born.cluster_id }),
  peer(8, {}, { state: 'member', cid: 'another' }),
];
const joiner = { self: { incarnation: 'i4' }, candidates: known([here, ...there]) };
const joining = given({ ...joiner, keys: legacy });

test(
  'an unsigned reset of a cluster that has keys of its own',
  gives,
  {
    ...joiner,
    keys: keys([recordKey('c'), reset], [lineageKey('c', born.cluster_id), born]),
    roll: { known: false, cause: 'asked them' },
  },
  'wait',
  new RegExp(`cannot join cluster ${born.cluster_id}: asked them`),
);

test('members that no list names are found in the catalog, by what they say they are of', (t) => {
  t.deepEqual(unlisted(joining), [urlOf(7)]);
});

test('but not where members have published a list', (t) => {
  const list = {
    cluster_id: born.cluster_id,
    members: [{ id: ownId, name: 'h1', peer_urls: [urlOf(1)], learner: false }],
    size: 3,
  };
  const published = keys(
    [recordKey('c'), born],
    [lineageKey('c', born.cluster_id), born],
    [listKey('c', born.cluster_id), list],
  );
  t.deepEqual(unlisted({ ...joining, keys: published }), []);
  t.deepEqual(unlisted({ ...joining, self: { ...joining.self, list } }), []);
});

test('a cluster that became smaller before sizes were kept stays as small as its spec', (t) => {
  const five = makeRecord(
    [1, 2, 3, 4, 5].map((n) => ({ name: `h${n}`, incarnation: `i${n}`, peer_url: urlOf(n) })),
    'token',
    1,
  );
  const seen: Own = {
    clusterId: five.cluster_id,
    memberId: ownId,
    members: [1, 2, 3].map((n) => voter(n)),
    isLearner: false,
    linear: true,
  };
  const { value } = legacy;
  const identity = { incarnation: 'i1', machineId: 'm', phase: 'launched', record: five } as const;
  t.is(listOf(seen, value, identity, five, 3).size, 3);
  t.is(listOf({ ...seen, members: [1, 2, 3, 4].map((n) => voter(n)) }, value, identity, five, 3).size, 4, 'it grew');
});

test('a signed reset as hosts keep it that know no lineage: Consul has the whole of it', (t) => {
  const { lineage: _, proof: __, ...kept } = { ...reset, lineage: born.cluster_id, proof: 'x'.repeat(86) };
  const signed = { ...kept, lineage: born.cluster_id, proof: 'x'.repeat(86) };
  const { value } = keys([recordKey('c'), signed]);
  const whole = recordOf(reset.cluster_id, kept, value, new Set([recordKey('c')]), 100);
  t.is(whole?.lineage, born.cluster_id);
  t.is(recordOf(reset.cluster_id, kept, value, new Set(), 100)?.lineage, undefined, 'but not by a bare word');
});

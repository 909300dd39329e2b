import test from 'ava';
import { memberId } from '../shared/cluster-id.ts';
import { lineageKey, recordKey, retiredKey } from '../shared/keys.ts';
import { makeRecord } from '../shared/record.ts';
import { decide } from './decide.ts';
import {
  agreed,
  born,
  given,
  gives,
  keys,
  launched,
  listed,
  log,
  members,
  mute,
  other,
  own,
  ownId,
  place,
  quiet,
  record,
  rolled,
  silent,
  urlOf,
  verified,
  voter,
} from './decide-testing.ts';
import type { Answer } from './observed.ts';

const data = { ...launched, data: log } as const;
const [two, third] = [voter(2), voter(3)];

test('unfit programs are refused', gives, { self: { ...data, unfit: 'etcd 3.5.1' } }, 'refuse', /^etcd 3.5.1$/);
test('whatever Consul says', gives, { self: data, keys: silent, candidates: silent }, 'start');
test('without a record', gives, { self: data }, 'start');
test('with its own record', gives, { self: data, keys: verified() }, 'start');
const nameless = { data: log, phase: 'launched', memberId: ownId } as const;
test('without an identity', gives, { self: nameless, keys: born() }, 'start');
test('beside that of a disk on which nothing was launched', gives, { self: { data: log } }, 'refuse', /never launched/);
test('garbage in every key', gives, { self: data, keys: keys(['bootstrap', '{"generation": oops']) }, 'start');

const later = makeRecord(members, 'later', 2000);
const replaced = { ...later, lineage: record.cluster_id, proof: 'x'.repeat(86) };
const foreign = [
  ['an unsigned record of a later generation', verified(later)],
  ['another lineage', keys([lineageKey('c', other.cluster_id), other], [recordKey('c'), other])],
  ['a later record at its own key', keys([lineageKey('c', record.cluster_id), replaced], [recordKey('c'), replaced])],
] as const;
for (const [what, found] of foreign) test(`${what} holds nothing back`, gives, { self: data, keys: found }, 'start');
const key = lineageKey('c', record.cluster_id);
test(
  'what an operator has signed does',
  gives,
  { self: data, keys: foreign[2][1], proven: new Set([key]) },
  'refuse',
  /an operator has put .* in its place/,
);
test(
  'wherever it stands, of whatever lineage',
  gives,
  { self: data, keys: verified(later), proven: new Set([recordKey('c')]) },
  'refuse',
  /an operator has put/,
);
test(
  'also where Consul cannot be read: the disk keeps it, or it was read by its name',
  gives,
  { self: { ...data, signed: replaced }, keys: silent },
  'refuse',
  /an operator has put .* in its place/,
);
test('a disk keeps what holds it back', (t) => {
  const seen = given({ self: data, keys: foreign[2][1], proven: new Set([key]) });
  t.like(decide(seen), { do: 'refuse', replaced: { cluster_id: later.cluster_id } });
});
test(
  'it keeps nothing back that was signed before',
  gives,
  { self: { ...data, signed: makeRecord(members, 'older', 500) }, keys: silent },
  'start',
);

const older = makeRecord(members, 'older', 500);
test(
  'what was signed before this cluster was born does not',
  gives,
  { self: data, keys: verified(older), proven: new Set([recordKey('c')]) },
  'start',
);

const signedElsewhere = { keys: verified(later), proven: new Set([recordKey('c')]) };
test(
  'nor what was signed before this member was launched, whatever its birth says',
  gives,
  { self: { ...data, since: 2000 }, ...signedElsewhere },
  'start',
);
test(
  'of its own lineage whatever the clock here was',
  gives,
  { self: { ...data, since: 9000 }, keys: foreign[2][1], proven: new Set([key]) },
  'refuse',
  /an operator has put/,
);

const mark = verified(record, [retiredKey('c', 'i1'), 'h1']);
const markOf = (member: string) => ({
  keys: verified(record, [retiredKey('c', 'i1'), { member, proof: 'x' }]),
  proven: new Set([retiredKey('c', 'i1')]),
});
test("an operator's mark for this member does", gives, { self: data, ...markOf(ownId) }, 'refuse', /has retired/);
test('one that was signed for another member does not', gives, { self: data, ...markOf(two.id) }, 'start');
test("anybody's mark holds nothing back", gives, { self: data, keys: mark }, 'start');
test('nor while it is a member', gives, { self: data, keys: mark, ...agreed([own, two, third]) }, 'start');
test('once it is none, it does', gives, { self: data, keys: mark, ...agreed([two, third]) }, 'refuse', /has retired/);
test(
  "an operator's mark does at once",
  gives,
  { self: data, keys: mark, proven: new Set([retiredKey('c', 'i1')]) },
  'refuse',
  /has retired/,
);

test(
  'unless its members have it in their list: the retire was cut off',
  gives,
  { self: data, ...markOf(ownId), ...agreed([own, two, third]) },
  'start',
);
const unsure = /its members do not say here that it is one of them still: .* run `member retire` again/;
test('nobody tells it to wipe its disk', gives, { self: data, ...markOf(ownId) }, 'refuse', unsure);
test(
  'its own word is none',
  gives,
  { self: data, ...markOf(ownId), ...rolled({ 1: listed([own, two, third]), 2: quiet(95_000) }) },
  'refuse',
  unsure,
);

test('of a copied disk', gives, { self: { ...data, cloned: true } }, 'refuse', /copied disk/);
const strange = { ...data, memberId: '00000000000000aa' };
test('of another member than its identity', gives, { self: strange }, 'refuse', /one of them is of another disk/);
test('of another cluster', gives, { self: { ...data, record: other } }, 'refuse', /one of them is of another disk/);
test('where etcd asked DNS that is moved aside', (t) => {
  const decision = decide(given({ self: { ...data, record: other, asksDns: true } }));
  t.is(decision.do === 'set-aside' && decision.as, record.cluster_id);
});

test('of a member', gives, { self: data, ...agreed([own, two, third]) }, 'start');
test('removed: set aside', (t) => {
  const decision = decide(given({ self: data, ...agreed([voter(1), two, third]) }));
  const why = `cluster ${record.cluster_id} has removed its member ${ownId}`;
  t.deepEqual(decision, { do: 'set-aside', as: ownId, why });
});
test('not on the word of another cluster', gives, { self: data, ...agreed([two], other.cluster_id) }, 'start');
const doubt = { 2: listed([two, third]), 3: listed([own, two, third]) };
test('not when one of them still lists it', gives, { self: data, ...rolled(doubt) }, 'start');
const half = { 2: listed([two, third]), 3: quiet(90_000) };
test('not yet while one is silent', gives, { self: data, ...rolled(half) }, 'wait', /10.0.0.3:2380 does not confirm/);
test('nor while one is mute', gives, { self: data, ...rolled({ ...half, 3: mute }) }, 'wait', /no leader/);
const alone: Answer = {
  is: 'mute',
  cause: 'no leader',
  list: { clusterId: record.cluster_id, members: [two, third] },
};
test(
  'a list without a quorum says nothing against it',
  gives,
  { self: data, ...rolled({ 2: alone, 3: quiet() }) },
  'start',
);
const buried = { ...data, place: place({ location: 'b', memberId: '00000000000000ff' }) };
test(
  'but where another was launched that lies below it',
  gives,
  { self: buried, ...rolled({ 2: alone, 3: quiet() }) },
  'again',
  /removed from its cluster.*mounted over it/,
);
test(
  'where nobody answers it starts, and says what lies below it',
  gives,
  { self: buried, ...rolled({ 2: quiet(), 3: quiet() }) },
  'start',
  /data of member 00000000000000ff is not here.*mounted over it/,
);
const over = { 2: listed([two, third]), 3: quiet(30_000) };
test('after the policy it is believed', gives, { self: data, ...rolled(over) }, 'set-aside');
test('without a policy it starts: etcd hears of it', gives, { self: data, ...rolled(over), patience: 0 }, 'start');
test('under TLS one is enough', gives, { self: { ...data, scheme: 'https' }, ...rolled(half) }, 'set-aside');

const moved = { ...data, peerUrl: urlOf(9) };
const there = { 1: quiet(30_000), ...{ 2: listed([own, two, third]), 3: listed([own, two, third]) } };
test('at another address: a quorum is told', (t) => {
  const decision = decide(given({ self: moved, ...rolled(there, [1, 2, 3]) }));
  t.deepEqual(decision, { do: 'update', memberId: ownId, via: urlOf(2) });
});
test(
  'but not while the machine that this disk may be copied from could just be starting',
  gives,
  { self: moved, ...rolled({ ...there, 1: quiet(95_000) }, [1, 2, 3]) },
  'wait',
  /its cluster is told after 60 s in which nobody is at the former address/,
);
test(
  'nor without a policy',
  gives,
  { self: moved, patience: 0, ...rolled({ ...there, 1: quiet(95_000) }) },
  'wait',
  /after 60 s/,
);
const copied = voter(1, { id: ownId, peerUrls: [urlOf(9)] });
const overtaken = { 2: listed([copied, two, third]), 3: listed([copied, two, third]) };
test(
  'a copy has taken its place: the cluster says where it is',
  gives,
  { self: data, ...rolled({ ...overtaken, 9: listed([copied, two, third]) }) },
  'refuse',
  /was http:..10.0.0.9:2380 and is http:..10.0.0.1:2380 now, and somebody answers there: a copied disk/,
);
test('once that copy is gone it takes it back', (t) => {
  const decision = decide(given({ self: data, ...rolled({ ...overtaken, 9: quiet(30_000) }) }));
  t.deepEqual(decision, { do: 'update', memberId: ownId, via: urlOf(2) });
});
test('unless it answers at the old one', gives, { self: moved, ...rolled({ ...there, 1: mute }) }, 'refuse', /copied/);
test('without a quorum it waits', gives, { self: moved, ...rolled({ 2: quiet() }) }, 'wait', /has to be told/);
const taken = [own, two, voter(9)];
test('where a member is', gives, { self: moved, ...agreed(taken) }, 'refuse', /give this host another address/);
const single = makeRecord(members.slice(0, 1), 'one', 1000);
const joined = { ...moved, list: undefined, record: single, data: { ...log, clusterId: single.cluster_id } };
const first = memberId(urlOf(1), 'one');
const sole = { ...joined, data: { ...joined.data, memberId: first }, memberId: first };
test('of a cluster of one: it tells itself', gives, { self: sole }, 'start');
test('who joined such a cluster does not', gives, { self: joined, roll: undefined }, 'wait', /no member was asked/);
const secured = { ...data, peerUrl: 'https://10.0.0.1:2380', scheme: 'https' } as const;
test('with `tls` changed', gives, { self: secured }, 'refuse', /`tls` of a cluster that lives cannot be changed/);
const ported = { ...data, peerUrl: 'http://10.0.0.1:2390' };
test('with the port changed', gives, { self: ported }, 'refuse', /`etcd.peerPort` of a cluster that lives/);
const named = { ...data, peerUrl: 'http://0a000001.addr.dc1.consul:2380' };
test('with DNS asked or not', gives, { self: named }, 'refuse', /`etcd.discovery` of a cluster that lives/);

const forgotten = { data: log, phase: 'launched', memberId: log.memberId } as const;
const elsewhere = voter(1, { id: ownId, peerUrls: [urlOf(9)] });
test(
  'its identity lost, and another member launched here: a copied directory',
  gives,
  { self: { ...forgotten, place: place({ memberId: '00000000000000ff' }) } },
  'refuse',
  /member \w+ was launched on this host: a copied directory\?/,
);
const givenUp = { data: log, phase: 'launched', record, nonce: 'n2' } as const;
test(
  'a launch that was given up beside it, and another member launched here',
  gives,
  { self: { ...givenUp, place: place({ memberId: '00000000000000ff' }) } },
  'refuse',
  /member \w+ was launched on this host: a copied directory\?/,
);
test('the same with this very member', gives, { self: { ...givenUp, place: place() } }, 'start');
test('the same with this very member: it starts', gives, { self: { ...forgotten, place: place() } }, 'start');
test(
  'its identity lost, and its cluster has that member at another address',
  gives,
  { self: forgotten, ...agreed([elsewhere, two, third]) },
  'update',
);
test(
  'where somebody answers: a copy',
  gives,
  {
    self: forgotten,
    ...rolled({
      2: listed([elsewhere, two, third]),
      3: listed([elsewhere, two, third]),
      9: listed([elsewhere, two, third]),
    }),
  },
  'refuse',
  /somebody answers there: a copied disk\?/,
);
test('nobody says where: it starts', gives, { self: forgotten, ...rolled({ 2: quiet(0), 3: quiet(0) }) }, 'start');

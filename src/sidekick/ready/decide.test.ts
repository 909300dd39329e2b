import test from 'ava';
import { launchKey, lineageKey, recordKey, retiredKey } from '../shared/keys.ts';
import { makeRecord, membersOf } from '../shared/record.ts';
import { decide } from './decide.ts';
import {
  agreed,
  born,
  type Change,
  given,
  gives,
  keys,
  known,
  launched,
  members,
  other,
  ownId,
  peer,
  place,
  record,
  seenAll,
  silent,
  three,
  urlOf,
  verified,
} from './decide-testing.ts';

test('2: a listed, fresh disk starts new', (t) => {
  t.deepEqual(decide(given({ keys: born() })), { do: 'new', record, memberId: ownId });
});
const unseen = { keys: born(), candidates: known(three.slice(0, 1)) };
const lostOne = { keys: born(), candidates: known(three.slice(0, 2)) };
test('2: one may be lost since the list was made', gives, lostOne, 'new');
test('2: of a list of which this host does not see a quorum it is not founded', gives, unseen, 'lock');
test(
  '2: but of the one that it would have agreed on',
  gives,
  { ...unseen, self: { agreed: membersOf(record) } },
  'new',
);
const signedBirth = { proven: new Set([recordKey('c')]) };
test("2: or that is an operator's", gives, { ...unseen, ...signedBirth }, 'new');
test('2: nor of another size than the spec says', gives, { keys: born(), self: { size: 5 } }, 'lock');
const alone = makeRecord(members.slice(0, 1), 'forged', 1001);
test('2: one that lists this host alone', gives, { keys: born(alone) }, 'lock');
test(
  '2: nor where a host is in another cluster',
  gives,
  { keys: born(), candidates: known([...three, peer(4, {}, { state: 'member', cid: other.cluster_id })]) },
  'lock',
);
test(
  '2: or answers as one',
  gives,
  { keys: born(), probe: { ...seenAll, strangers: ['h4 answers as cluster x'] } },
  'lock',
);
test(
  '2: nor with entries that are no machines',
  gives,
  { keys: born(), probe: { ...seenAll, absent: known(['h2', 'h3']) } },
  'lock',
);
test(
  '4: such are not proposed',
  gives,
  { probe: { ...seenAll, absent: known(['h2', 'h3']) } },
  'wait',
  /catalog has h2, h3, its agents know of no such/,
);
test('2: the others are asked before', gives, { keys: born(), probe: undefined }, 'probe');
const started = { ...seenAll, started: new Set([ownId]) };
test('2: a member that has published its URLs never is new', gives, { keys: born(), probe: started }, 'lock');

const spentBy = (nonce: string, log = false) =>
  verified(record, [launchKey('c', record.cluster_id, ownId), { nonce, log }]);
test('2: a disk that went back to before its launch joins', gives, { keys: spentBy('n1') }, 'lock');
const again = { ...launched, untouched: true } as const;
test('2: launched, and never with a log', gives, { keys: spentBy('n1'), self: again }, 'new');
test('2: the same before it was spent', gives, { keys: born(), self: again }, 'new');
test('2: not when another disk launched it', gives, { keys: spentBy('n2'), self: again }, 'lock');
test('2: not when it was seen to have a log', gives, { keys: spentBy('n1', true), self: again }, 'lock');
test('2: not when its mark is gone', gives, { keys: spentBy('n1'), self: launched }, 'lock');
test('2: not what is remembered outside the disk', gives, { keys: born(), self: { place: place() } }, 'lock');
test('2: unless it is this launch', gives, { keys: born(), self: { ...again, place: place() } }, 'new');
test('2: nor on what is left of another life', gives, { keys: born(), self: { data: remains() } }, 'lock');
test(
  '2: what is left of this launch is no matter',
  gives,
  { keys: born(), self: { ...again, data: remains() } },
  'new',
);
function remains() {
  return { state: 'remains', what: 'member/snap/db is there' } as const;
}
test('2: the same, and Consul lost the record', (t) => {
  t.deepEqual(decide(given({ self: again })), { do: 'propose', record });
});
test('2: nor does one lose it that was joining', (t) => {
  const joining = { ...again, incarnation: 'i9', memberId: 'a' };
  t.deepEqual(decide(given({ self: joining })), { do: 'propose', record });
});
const another = { ...again, memberId: 'a' };
test('2: not when what was launched was a later member', gives, { keys: born(), self: another }, 'lock');

const reset = { ...makeRecord(members, 'other', 2000), lineage: record.cluster_id, proof: 'x'.repeat(86) };
const signedReset: Change = { keys: verified(reset), proven: new Set([recordKey('c')]) };
test('2: after a signed reset it starts anew', gives, { ...signedReset, self: launched }, 'new');
const remained: Change['self'] = { ...another, data: remains() };
test('2: also on what is left of a launch that came to nothing', gives, { ...signedReset, self: remained }, 'new');
const unmarked: Change['self'] = { ...remained, untouched: false };
test('2: not on what may be left of more', gives, { ...signedReset, self: unmarked }, 'lock');
test('2: not after one that nobody signed', gives, { keys: born(reset), self: launched }, 'wait', /signed by no/);
test('2: at another address it joins', gives, { keys: born(), self: { peerUrl: urlOf(9) }, ...at(9) }, 'lock');
test('2: under another name', gives, { keys: born(), self: { name: 'h9' } }, 'lock');
function at(n: number): Change {
  return { candidates: known([peer(n, {}, { incarnation: 'i1' })]) };
}
const asking = { keys: born(), self: { asksDns: true } };
test('2: where etcd asks DNS, DNS has to agree', gives, asking, 'new');
const cutDns = { ...seenAll, dns: { known: false, cause: 'DNS: cut' } as const };
test('2: or it waits', gives, { ...asking, probe: cutDns }, 'wait', /^DNS: cut$/);

const mounted = place({ location: 'ebs:/', mounted: true });
test('a volume that is missing is no wiped disk', gives, { self: { place: mounted } }, 'again', /its volume mounted\?/);
test('with a record too', gives, { keys: verified(), self: { place: mounted } }, 'again', /rm .*place.json/);
test(
  'nor one that something is mounted over',
  gives,
  { self: { place: place({ location: 'b' }) } },
  'again',
  /over it/,
);

const away = { volume: true, here: { location: 'a', mounted: false } };
test(
  'no log is begun before the volume that the spec speaks of is there',
  gives,
  { self: away },
  'again',
  /etcd\.volume/,
);
test(
  'nor is one joined',
  gives,
  { keys: verified(), self: { ...away, phase: 'launched' } },
  'again',
  /no volume is mounted/,
);
test(
  'nor proposed',
  gives,
  { candidates: known([peer(1), peer(2, {}, { state: 'missing', lineage: '' }), peer(3)]) },
  'wait',
  /h2 registered before a volume was mounted there/,
);

const two = keys([lineageKey('c', record.cluster_id), record], [lineageKey('c', other.cluster_id), other]);
test(
  'two lineages: it waits and names both',
  gives,
  { keys: two },
  'wait',
  new RegExp(`${record.cluster_id}.*${other.cluster_id}|${other.cluster_id}.*${record.cluster_id}`),
);
const future = makeRecord(members, 'future', 1000 + 86_401);
test(
  'a birth of the future is none',
  gives,
  { keys: born(future) },
  'wait',
  /etcd3\/c\/bootstrap is of the future .*delete it/,
);
test('nor is it joined', gives, { keys: verified(future), self: { incarnation: 'i9' } }, 'wait', /of the future/);
test('garbage is not none', gives, { keys: keys(['bootstrap', '{"generation": oops']) }, 'wait', /etcd3\/c\/bootstrap/);
const marked = keys([retiredKey('c', 'i1'), 'h1']);
test("anybody's mark keeps no fresh disk from a birth", gives, { keys: marked }, 'propose');
const signedMark = { keys: marked, proven: new Set([retiredKey('c', 'i1')]) };
test("an operator's does", gives, signedMark, 'refuse', /has retired/);
test("anybody's keeps none without data from joining", gives, joiningMarked(), 'add');
function joiningMarked(): Change {
  return { keys: verified(record, [retiredKey('c', 'i1'), 'h1']), self: launched, ...agreed([]) };
}

test('4: N that agree are proposed', (t) => {
  t.deepEqual(decide(given({})), { do: 'propose', record });
});
test('4: its generation is the time', (t) => {
  const decision = decide(given({ date: 1234 }));
  t.is(decision.do === 'propose' && decision.record.generation, 1234);
});
test('4: the expensive look comes last', gives, { probe: undefined }, 'probe');
const cut = known(three.slice(0, 2));
test('4: N-1', gives, { candidates: cut }, 'wait', /^2 of 3 registered: h1, h2$/);
test('4: none', gives, { candidates: known([]) }, 'wait', /^0 of 3 registered; this host's own/);
test('4: N+1', gives, { candidates: known([...three, peer(4)]) }, 'wait', /^4 of 3 registered: h1, h2, h3, h4$/);
const foreign = known([peer(2), peer(3), peer(4)]);
test('4: own record missing', gives, { candidates: foreign }, 'wait', /own record is not among them/);
const list = (last: ReturnType<typeof peer>) => ({ candidates: known([peer(1), peer(2), last]) });
for (const state of ['member', 'remains', 'missing', 'launched']) {
  test(
    `4: ${state}`,
    gives,
    list(peer(3, {}, { state, lineage: record.cluster_id })),
    'wait',
    /h3 registered with data/,
  );
}
test('4: no state at all', gives, list(peer(3, { meta: {} })), 'wait', /h3 registered with data/);
test('4: size', gives, list(peer(3, {}, { size: '5' })), 'wait', /h3: size 5/);
test('4: scheme', gives, list(peer(3, {}, { scheme: 'https' })), 'wait', /h3: size 3, https/);
test('4: name', gives, list(peer(3, { node: 'h2' })), 'wait', /same name: h2/);
test('4: address', gives, list(peer(3, { peerUrl: peer(2).peerUrl })), 'wait', /same address/);
test('4: disk', gives, list(peer(3, {}, { incarnation: 'i2' })), 'wait', /same disk/);
const answering = { ...seenAll, answering: ['h2'] };
test('4: a peer answers', gives, { probe: answering }, 'wait', /etcd answers already at h2/);
test('4: DNS', gives, { probe: cutDns }, 'wait', /^DNS: cut$/);
test('4: started before', gives, { self: { phase: 'launched' } }, 'wait', /no record of its cluster/);
test(
  '4: started before on a disk that is gone',
  gives,
  { self: { place: place() } },
  'wait',
  /was launched here before/,
);
test('4: on what is left of another life', gives, { self: { data: remains() } }, 'wait', /member\/snap\/db is there/);

test('5: no answer about the record', gives, { keys: silent }, 'wait', /no leader/);
test('5: no answer about the candidates', gives, { candidates: silent }, 'wait', /no leader/);

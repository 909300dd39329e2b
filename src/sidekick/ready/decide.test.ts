import test from 'ava';
import type { Member } from '../shared/etcd.ts';
import { makeRecord, memberIdOf } from '../shared/record.ts';
import { decide } from './decide.ts';
import type { Decision, Observed, Peer } from './observed.ts';

const peer = (n: number, change: Partial<Peer> = {}, meta: Record<string, string> = {}): Peer => ({
  node: `h${n}`,
  id: `h${n}-server`,
  address: `10.0.0.${n}`,
  port: 2380,
  peerUrl: `http://10.0.0.${n}:2380`,
  meta: { incarnation: `i${n}`, state: 'empty', size: '3', scheme: 'http', ...meta },
  ...change,
});
const three = [peer(1), peer(2), peer(3)];
const members = three.map((p) => ({ name: p.node, incarnation: p.meta.incarnation ?? '', peer_url: p.peerUrl }));
const record = makeRecord(members, 'token', 1);
const other = makeRecord(members, 'other', 1);

const base: Observed = {
  self: {
    name: 'h1',
    peerUrl: 'http://10.0.0.1:2380',
    size: 3,
    scheme: 'http',
    incarnation: 'i1',
    phase: 'fresh',
    wal: false,
    record: undefined,
    memberId: undefined,
    launchedAt: undefined,
    untouched: false,
    cloned: false,
    quarantined: undefined,
    asksDns: false,
    unfit: undefined,
  },
  record: { known: true, value: undefined },
  retired: false,
  candidates: { known: true, value: three },
  probe: { answering: [], dns: { known: true, value: 'agrees' } },
  token: 'token',
  membership: undefined,
  dead: [],
  attempt: { added: undefined, replaced: false },
};
type Change = Omit<Partial<Observed>, 'self'> & { self?: Partial<Observed['self']> };
const given = ({ self, ...rest }: Change): Observed => ({ ...base, ...rest, self: { ...base.self, ...self } });
const silent = { known: false, cause: 'Consul has no leader' } as const;
const known = <T>(value: T) => ({ known: true, value }) as const;

const gives = test.macro((t, change: Change, expected: Decision['do'], cause?: RegExp) => {
  const decision = decide(given(change));
  t.is(decision.do, expected);
  t.regex('cause' in decision ? decision.cause : '', cause ?? /^$/);
});

test(
  'unfit programs are refused, with data too',
  gives,
  { self: { unfit: 'etcd 3.5.1', wal: true } },
  'refuse',
  /^etcd 3.5.1$/,
);
test('a retired disk is refused', gives, { retired: true, self: { wal: true } }, 'refuse', /operator has retired/);

const bootstrapId = memberIdOf(record, 'i1') ?? '';
const url = base.self.peerUrl;
const data = { wal: true, phase: 'launched', record, memberId: bootstrapId, launchedAt: url } as const;
test('1: data starts, whatever Consul says', gives, { self: data, record: silent, candidates: silent }, 'start');
test('1: data starts without a record', gives, { self: data }, 'start');
test('1: data starts with its own record', gives, { self: data, record: known(record) }, 'start');
test(
  '1: data of another cluster is refused',
  gives,
  { self: data, record: known(other) },
  'refuse',
  /the record in Consul of/,
);
const young = makeRecord(members, 'young', 2);
test(
  '1: an older generation in Consul is no matter',
  gives,
  { self: { ...data, record: young }, record: known(record) },
  'start',
);
test('1: data of a copied disk', gives, { self: { ...data, cloned: true } }, 'refuse', /copied disk/);
const elsewhere = { ...data, peerUrl: 'http://10.0.0.9:2380' };
test(
  '1: data of another address',
  gives,
  { self: elsewhere },
  'refuse',
  /the member at http:\/\/10.0.0.1:2380, this host is/,
);
test('1: data without an identity starts', gives, { self: { wal: true }, record: known(record) }, 'start');

const voter = (n: number, change: Partial<Member> = {}): Member => ({
  id: `000000000000000${n}`,
  name: `h${n}`,
  peerUrls: [`http://10.0.0.${n}:2380`],
  isLearner: false,
  ...change,
});
const cluster = (members: Member[], clusterId = record.cluster_id) => ({
  membership: known({ clusterId, members, via: '10.0.0.2' }),
});
const [two, third] = [voter(2), voter(3)];
const own = voter(1, { id: bootstrapId });
test('1: data of a member', gives, { self: data, ...cluster([own, two, third]) }, 'start');
test('1: data of a removed member is set aside', (t) => {
  const decision = decide(given({ self: data, ...cluster([voter(1), two, third]) }));
  t.deepEqual(decision, {
    do: 'set-aside',
    why: `cluster ${record.cluster_id} has removed its member ${bootstrapId}`,
  });
});
test('1: not on the word of another cluster', gives, { self: data, ...cluster([two], other.cluster_id) }, 'start');
const quarantined = { ...data, quarantined: other.cluster_id };
test('1: data of a cluster that was not the predicted one is set aside', gives, { self: quarantined }, 'set-aside');

test('2: a listed, fresh disk starts new', (t) => {
  t.deepEqual(decide(given({ record: known(record) })), { do: 'new', record });
});
test('2: candidates are no matter then', gives, { record: known(record), candidates: known([]) }, 'new');
test('2: neither is DNS', gives, { record: known(record), probe: undefined }, 'new');
test('2: neither is the size that the spec has now', gives, { record: known(record), self: { size: 5 } }, 'new');
const moved = { peerUrl: 'http://10.0.0.9:2380' };
test(
  '2: another address is refused',
  gives,
  { record: known(record), self: moved },
  'refuse',
  /it is h1 at .*9:2380 now/,
);
test('2: another name', gives, { record: known(record), self: { name: 'h9' } }, 'refuse', /as h1 at .*; it is h9 at/);

const spent = { phase: 'launched', untouched: true, record, memberId: bootstrapId } as const;
test('2: launched, but never with a log', gives, { record: known(record), self: spent }, 'new');
test('2: the same, and Consul lost the record', (t) => {
  t.deepEqual(decide(given({ self: spent })), { do: 'propose', record });
});
test(
  '2: not when what was launched was a later member',
  gives,
  { record: known(record), self: { ...spent, memberId: 'a' } },
  'lock',
);
const reset = makeRecord(members, 'other', 2);
const gone = { phase: 'launched', record, memberId: bootstrapId } as const;
test('2: an older generation is no matter', gives, { record: known(reset), self: gone }, 'new');

const aside = { phase: 'launched', record, quarantined: 'a' } as const;
test('2: neither is another cluster, set aside', gives, { record: known(record), self: aside }, 'new');
const same = { ...aside, quarantined: record.cluster_id };
test('2: unless it was this one', gives, { record: known(record), self: same }, 'lock');
const asking = { record: known(record), self: { asksDns: true } };
test('2: where etcd asks DNS, DNS is asked before', gives, { ...asking, probe: undefined }, 'probe');
test('2: and has to agree', gives, asking, 'new');

const cutDns = { answering: [], dns: { known: false, cause: 'DNS: cut' } as const };
test('2: or it waits', gives, { ...asking, probe: cutDns }, 'wait', /^DNS: cut$/);

const joining = { record: known(record), self: gone };
test('3: its data gone', gives, joining, 'lock');
const wiped = {
  record: known(record),
  self: { incarnation: 'i9' },
  candidates: known([peer(1, {}, { incarnation: 'i9' })]),
};
test('3: wiped', gives, wiped, 'lock');
test('3: not registered', gives, { ...wiped, candidates: known([peer(1)]) }, 'wait', /own record is not among/);
test('3: no answer about the candidates', gives, { ...wiped, candidates: silent }, 'wait', /no leader/);
test('3: no quorum', gives, { ...wiped, membership: silent }, 'wait', /cannot join cluster .*: Consul has no leader/);
test('3: another cluster', gives, { ...wiped, ...cluster([], other.cluster_id) }, 'refuse', /the members answer as/);
test('3: what it was is removed', (t) => {
  const decision = decide(given({ ...wiped, ...cluster([own, two, third]) }));
  t.deepEqual(decision, { do: 'remove', memberId: bootstrapId, why: 'this host was it, and its data is gone' });
});
test(
  '3: a member that an earlier attempt left, too',
  gives,
  { ...wiped, ...cluster([voter(1, { name: '' }), two]) },
  'remove',
);
test('3: then it is added', gives, { ...wiped, ...cluster([two, third]) }, 'add');
const added = voter(1, { name: '', isLearner: true });
const grown = cluster([two, third, added]);
test('3: then it starts', (t) => {
  const decision = decide(given({ ...wiped, ...grown, attempt: { added: added.id, replaced: true } }));
  t.deepEqual(decision, { do: 'existing', record, memberId: added.id, members: [two, third, added] });
});
const failed = { ...wiped.self, phase: 'launched', untouched: true, memberId: added.id } as const;
test('3: again, when it has never had a log', gives, { ...wiped, ...grown, self: failed }, 'existing');
test('3: not again, when it had', gives, { ...wiped, ...grown, self: { ...failed, untouched: false } }, 'remove');

const fourth = {
  record: known(record),
  self: { incarnation: 'i4', name: 'h4', peerUrl: 'http://10.0.0.4:2380' },
  candidates: known([...three, peer(4)]),
};
const full = cluster([voter(1), two, third]);
test('3: extra', gives, { ...fourth, ...full }, 'wait', /has its 3 members \(h1, h2, h3\); this host is extra/);
test('3: a larger spec has room', gives, { ...fourth, ...full, self: { ...fourth.self, size: 5 } }, 'add');
test(
  '3: a smaller one, for the member that it was',
  gives,
  {
    ...fourth,
    ...full,
    attempt: { added: undefined, replaced: true },
  },
  'add',
);
const deadOne = { dead: ['http://10.0.0.2:2380'] };
test('3: in the place of a dead one', (t) => {
  const decision = decide(given({ ...fourth, ...full, ...deadOne }));
  t.deepEqual(decision, { do: 'remove', memberId: two.id, why: "h2 is dead by the spec's policy" });
});
const busy = cluster([voter(1), voter(2, { isLearner: true, name: '' })]);
test('3: one at a time', gives, { ...fourth, ...busy }, 'wait', /http:\/\/10.0.0.2:2380 is joining; one at a time/);
test('3: unless that one is dead', gives, { ...fourth, ...busy, ...deadOne }, 'remove');

test('4: N that agree are proposed', (t) => {
  t.deepEqual(decide(given({})), { do: 'propose', record });
});
test('4: the expensive look comes last', gives, { probe: undefined }, 'probe');
const cut = known(three.slice(0, 2));
test('4: N-1', gives, { candidates: cut }, 'wait', /^2 of 3 registered: h1, h2$/);
test('4: none', gives, { candidates: known([]) }, 'wait', /^0 of 3 registered; this host's own/);
test('4: N+1', gives, { candidates: known([...three, peer(4)]) }, 'wait', /^4 of 3 registered: h1, h2, h3, h4$/);
const foreign = known([peer(2), peer(3), peer(4)]);
test('4: own record missing', gives, { candidates: foreign }, 'wait', /own record is not among them/);
const list = (last: Peer) => ({ candidates: known([peer(1), peer(2), last]) });
test('4: data', gives, list(peer(3, {}, { state: 'member' })), 'wait', /h3 registered with data/);
test('4: no state at all', gives, list(peer(3, { meta: {} })), 'wait', /h3 registered with data/);
test('4: size', gives, list(peer(3, {}, { size: '5' })), 'wait', /h3: size 5/);
test('4: scheme', gives, list(peer(3, {}, { scheme: 'https' })), 'wait', /h3: size 3, https/);
test('4: name', gives, list(peer(3, { node: 'h2' })), 'wait', /same name: h2/);
test('4: address', gives, list(peer(3, { peerUrl: peer(2).peerUrl })), 'wait', /same address/);
test('4: disk', gives, list(peer(3, {}, { incarnation: 'i2' })), 'wait', /same disk/);
const answering = { answering: ['h2'], dns: known('agrees' as const) };
test('4: a peer answers', gives, { probe: answering }, 'wait', /etcd answers already at h2/);
const unresolved = { answering: [], dns: { known: false, cause: 'DNS: cut' } as const };
test('4: DNS', gives, { probe: unresolved }, 'wait', /^DNS: cut$/);
test('4: started before', gives, { self: { phase: 'launched' } }, 'wait', /no record of its cluster/);

test('5: no answer about the record', gives, { record: silent }, 'wait', /no leader/);
test('5: no answer about the candidates', gives, { candidates: silent }, 'wait', /no leader/);

import test from 'ava';
import { makeRecord } from '../shared/record.ts';
import { type Decision, decide, type Observed, type Peer } from './decide.ts';

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
    untouched: false,
    cloned: false,
  },
  record: { known: true, value: undefined },
  candidates: { known: true, value: three },
  probe: { answering: [], dns: { known: true, value: 'agrees' } },
  token: 'token',
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

const data = { wal: true, phase: 'launched', record } as const;
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

test('2: a listed, fresh disk starts new', (t) => {
  t.deepEqual(decide(given({ record: known(record) })), { do: 'new', record });
});
test('2: candidates are no matter then', gives, { record: known(record), candidates: known([]) }, 'new');
test('2: neither is DNS', gives, { record: known(record), probe: undefined }, 'new');
const moved = { peerUrl: 'http://10.0.0.9:2380' };
test('2: another address is refused', gives, { record: known(record), self: moved }, 'refuse', /it is at/);

const spent = { phase: 'launched', untouched: true, record } as const;
test('2: launched, but never with a log', gives, { record: known(record), self: spent }, 'new');
test('2: the same, and Consul lost the record', (t) => {
  t.deepEqual(decide(given({ self: spent })), { do: 'propose', record });
});
test('2: another name', gives, { record: known(record), self: { name: 'h9' } }, 'refuse', /as h1, one of 3; it is h9/);
test('2: another size', gives, { record: known(record), self: { size: 5 } }, 'refuse', /it is h1, one of 5/);

test(
  '3: started before, data gone',
  gives,
  { record: known(record), self: { phase: 'launched' } },
  'wait',
  /data is gone/,
);
test('3: wiped', gives, { record: known(record), self: { incarnation: 'new' } }, 'wait', /wiped or replaced/);
const extra = { incarnation: 'i4', name: 'h4', peerUrl: 'http://10.0.0.4:2380' };
test('3: extra', gives, { record: known(record), self: extra }, 'wait', /none of them/);

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

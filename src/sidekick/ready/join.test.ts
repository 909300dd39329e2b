import test from 'ava';
import { listKey, recordKey } from '../shared/keys.ts';
import { decide } from './decide.ts';
import {
  agreed,
  type Change,
  given,
  gives,
  keys,
  known,
  launched,
  listed,
  members,
  mute,
  other,
  own,
  ownId,
  peer,
  quiet,
  record,
  rolled,
  silent,
  three,
  urlOf,
  verified,
  voter,
} from './decide-testing.ts';

const [two, third] = [voter(2), voter(3)];
test('its data gone', gives, { keys: verified(), self: launched }, 'lock');
const wiped = {
  keys: verified(),
  self: { incarnation: 'i9' },
  candidates: known([peer(1, {}, { incarnation: 'i9' })]),
};
test('wiped', gives, wiped, 'lock');
test('not registered', gives, { ...wiped, candidates: known([peer(1)]) }, 'wait', /maintenance mode .*another host/);
const twin = peer(7, { peerUrl: urlOf(1) }, { state: 'member' });
test(
  'another at its address',
  gives,
  { ...wiped, candidates: known([...wiped.candidates.value, twin]) },
  'wait',
  /h7 is registered at http:..10.0.0.1:2380 too/,
);
test('no answer about the candidates', gives, { ...wiped, candidates: silent }, 'wait', /no leader/);
test('another joins', gives, { ...wiped, roll: silent }, 'wait', /cannot join cluster .*: Consul has no leader/);
const taken = { is: 'silent', since: 95_000, stranger: other.cluster_id } as const;
test('another cluster', gives, { ...wiped, ...rolled({ 2: taken, 3: quiet() }) }, 'wait', /answers as cluster/);
test(
  'another cluster at the address of one that is gone is soon no reason to wait',
  gives,
  { ...wiped, ...rolled({ 2: listed([two, third]), 3: taken }) },
  'wait',
  /cluster \w+ answers there\); believed without it after 60 s/,
);
test(
  'nor is it one then',
  gives,
  { ...wiped, ...rolled({ 2: listed([two, third]), 3: { ...taken, since: 30_000 } }) },
  'add',
);
test('what it was is removed', (t) => {
  const decision = decide(given({ ...wiped, ...agreed([own, two, third]) }));
  const why = 'this host was it, and its data is gone';
  t.deepEqual(decision, {
    do: 'remove',
    memberId: ownId,
    peerUrls: own.peerUrls,
    via: urlOf(2),
    why,
    own: record,
    members: 3,
  });
});
const left = voter(1, { name: '', clientUrls: [] });
test('a member that an earlier attempt left, too', gives, { ...wiped, ...agreed([left, two]) }, 'remove');
test('then it is added', gives, { ...wiped, ...agreed([two, third]) }, 'add');
const added = voter(1, { name: '', clientUrls: [], isLearner: true });
test('then it starts', (t) => {
  const attempt = { added: added.id, replaced: true };
  const decision = decide(given({ ...wiped, ...agreed([two, third, added]), attempt }));
  t.deepEqual(decision, { do: 'existing', record, memberId: added.id, members: [two, third, added] });
});
const failed = { ...wiped.self, phase: 'launched', untouched: true, memberId: added.id, nonce: 'n1' } as const;
const grown = agreed([two, third, added]);
test('again, when it has never had a log', gives, { ...wiped, ...grown, self: failed }, 'existing');
test('not again, when it had', gives, { ...wiped, ...grown, self: { ...failed, untouched: false } }, 'remove');
const seen = verified(record, [`lineage/${record.cluster_id}/launch/${added.id}`, { nonce: 'n1', log: true }]);
test('nor when it was seen to have one', gives, { ...wiped, keys: seen, ...grown, self: failed }, 'remove');

const fourth = {
  keys: verified(),
  self: { incarnation: 'i4', name: 'h4', peerUrl: urlOf(4) },
  candidates: known([...three, peer(4)]),
};
const full = agreed([voter(1), two, third]);
test('extra', gives, { ...fourth, ...full }, 'wait', /has its 3 members \(h1, h2, h3\); this host is extra/);
test('a larger spec has room', gives, { ...fourth, ...full, self: { ...fourth.self, size: 5 } }, 'add');
const replaced = { added: undefined, replaced: true };
test('a smaller one, for the member that it was', gives, { ...fourth, ...full, attempt: replaced }, 'add');
const row = ({ id, name, peerUrls }: typeof two) => ({ id, name, peer_urls: peerUrls, learner: false });
const five = [
  listKey('c', record.cluster_id),
  { cluster_id: record.cluster_id, members: [row(two)], size: 5 },
] as const;
test('so has what was last agreed', gives, { ...fourth, ...full, keys: verified(record, [...five]) }, 'add');
const deadOne = { dead: [urlOf(2)] };
test('in the place of a dead one', (t) => {
  const decision = decide(given({ ...fourth, ...full, ...deadOne }));
  const why = "h2 is dead by the spec's policy";
  t.deepEqual(decision, {
    do: 'remove',
    memberId: two.id,
    peerUrls: two.peerUrls,
    via: urlOf(2),
    why,
    own: undefined,
    members: 3,
  });
});
const busy = agreed([voter(1), voter(2, { isLearner: true, name: '' })]);
test('one at a time', gives, { ...fourth, ...busy }, 'wait', /http:\/\/10.0.0.2:2380 is joining; one at a time/);
test('unless that one is dead', gives, { ...fourth, ...busy, ...deadOne }, 'remove');

const liar = { 2: listed([two, third]), 3: listed([two, voter(7)]) };
test('in plain all have to agree', gives, { ...wiped, ...rolled(liar) }, 'wait', /give different members/);
const half = { 2: listed([two, third]), 3: quiet(90_000) };
test('who is silent may come back', gives, { ...wiped, ...rolled(half) }, 'wait', /10.0.0.3:2380 does not confirm it/);
test('until the policy says otherwise', gives, { ...wiped, ...rolled({ ...half, 3: quiet() }) }, 'add');
const never = { ...wiped, ...rolled({ ...half, 3: quiet() }), patience: 0 };
test('or for good', gives, never, 'wait', /see: quorumgate member list/);
const secured = { ...wiped, self: { ...wiped.self, scheme: 'https' }, ...rolled(half) } as Change;
test('under TLS one is enough', gives, secured, 'add');
const [nobody, noLeader] = [rolled({ 2: quiet(), 3: quiet() }), rolled({ 2: mute, 3: mute })];
test('no quorum', gives, { ...wiped, ...noLeader }, 'wait', /no healthy quorum answers \(etcdserver: no leader\)/);

const all = (state: string) =>
  known([peer(1, {}, { incarnation: 'i9' }), peer(2, {}, { state }), peer(3, {}, { state })]);
test(
  'all without data: reset, or restore',
  gives,
  { ...wiped, ...nobody, candidates: all('empty') },
  'wait',
  /reset, or restore/,
);
for (const state of ['member', 'remains', 'missing']) {
  const change = { ...wiped, ...nobody, candidates: all(state) };
  test(`one ${state}: never`, gives, change, 'wait', new RegExp(`data is left on h2 \\(${state}\\), h3`));
}
test('one absent: never', gives, { ...wiped, ...nobody }, 'wait', /not here: http:\/\/10.0.0.2:2380, http/);
const unconfirmed = (...more: [string, object][]) => ({
  ...wiped,
  ...nobody,
  keys: keys([recordKey('c'), record], ...more),
});
test(
  'nor by a record that no member has confirmed',
  gives,
  unconfirmed(),
  'wait',
  /by Consul's key etcd3\/c\/bootstrap,/,
);
const seats = members.map(({ name, peer_url }, n) => ({
  id: `000000000000000${n}`,
  name,
  peer_urls: [peer_url],
  learner: false,
}));
const list = { cluster_id: record.cluster_id, members: seats, size: 3 };
const listedOnly = unconfirmed([listKey('c', record.cluster_id), list]);
test('nor by such a list', gives, listedOnly, 'wait', /by Consul's key etcd3\/c\/lineage\/\w+\/members,/);

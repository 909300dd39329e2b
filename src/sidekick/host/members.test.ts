import test from 'ava';
import { clusterId, memberList, members, nameless, refusal } from './answers-testing.ts';
import { decimal, idOf, memberOf, membershipOf, membersOf, peerMembershipOf, refusalOf } from './members.ts';

const list = [
  {
    id: '5a298b96ef98debb',
    name: 'etcd-3',
    peerUrls: ['http://10.0.0.3:2380'],
    clientUrls: ['http://10.0.0.3:2379'],
    isLearner: false,
  },
  { id: 'b8301278af1f9339', name: '', peerUrls: ['http://10.0.0.1:2380'], clientUrls: [], isLearner: true },
];
const [member] = memberList.members;

test('the same list by the gateway and by the port for peers, whose IDs are numbers', (t) => {
  t.deepEqual(membershipOf(memberList), { clusterId: 'fcf88ce7a22e82f0', members: list });
  const headers = { 'x-etcd-cluster-id': clusterId };
  t.deepEqual(peerMembershipOf({ status: 200, headers, body: members }), membershipOf(memberList));
  t.is(
    peerMembershipOf({ status: 200, headers: { 'x-etcd-cluster-id': 'a1' }, body: members }).clusterId,
    '00000000000000a1',
  );
});

test('what listens for peers and is no etcd', (t) => {
  const headers = { 'x-etcd-cluster-id': clusterId };
  t.throws(() => peerMembershipOf({ status: 200, headers: {}, body: members }), { message: 'no etcd' });
  for (const id of ['', 'x', '0', 'fcf88ce7a22e82f00', 'FCF8', 'a\nb']) {
    t.throws(() => peerMembershipOf({ status: 200, headers: { 'x-etcd-cluster-id': id }, body: members }), {
      message: 'no etcd',
    });
  }
  t.throws(() => peerMembershipOf({ status: 404, headers, body: members }), { message: 'status 404' });
  for (const body of ['{}', 'null', '[]', '[1]', '[{"id":1.5}]', '[{"id":-1}]', '<html>']) {
    t.throws(() => peerMembershipOf({ status: 200, headers, body }), undefined, body);
  }
});

test('IDs', (t) => {
  t.is(idOf('1', 'it'), '0000000000000001');
  t.is(idOf('18446744073709551615', 'it'), 'ffffffffffffffff');
  t.is(decimal('ffffffffffffffff'), '18446744073709551615');
  for (const value of ['0', '18446744073709551616', '-1', '1e3', '', '0x1', 1, null, '99999999999999999999']) {
    t.throws(() => idOf(value, 'it'), { message: /^it is/ }, String(value));
  }
});

test('a member: whoever runs it names it, and hides nobody', (t) => {
  const of = (changes: object) => memberOf({ ...member, ...changes }, 'ID');
  t.is(of({ name: 'a b\n' }).name, '5a298b96ef98debb');
  t.is(of({ name: 'x'.repeat(129) }).name, '5a298b96ef98debb');
  t.is(of({ name: undefined }).name, '');
  t.deepEqual(of({ peerURLs: ['http://[::1]:2380', 'https://a.b:1'] }).peerUrls, ['https://a.b:1']);
  t.deepEqual(of({ clientURLs: ['x\ny'] }).clientUrls, ['x\\ny']);
  t.is(of({ isLearner: 'true' }).isLearner, false);
  for (const changes of [
    { peerURLs: [] },
    { peerURLs: null },
    { peerURLs: ['x\n'] },
    { peerURLs: [1] },
    { peerURLs: {} },
    { name: 1 },
    { clientURLs: [null] },
    { ID: undefined },
  ]) {
    t.throws(() => of(changes), undefined, JSON.stringify(changes));
  }
  t.throws(() => of({ peerURLs: ['x\n'] }), { message: 'member 5a298b96ef98debb has no peer URL of use: x\\n' });
});

test('a list: none twice, not endless, not empty', (t) => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ ...member, ID: String(index + 1) }));
  t.is(membersOf(many(20), 'ID').length, 20);
  for (const value of [many(21), [member, member], [], null, {}, 'x']) t.throws(() => membersOf(value, 'ID'));
  for (const value of [{}, { header: null }, { header: {} }, { header: memberList.header }, null, []])
    t.throws(() => membershipOf(value));
});

test("etcd's own words, as one line", (t) => {
  const of = (body: string) => refusalOf({ status: 503, headers: {}, body });
  t.is(of(JSON.stringify(refusal)), 'etcdserver: request timed out');
  t.is(of('{"error":"etcdserver: user name is empty","code":3}'), nameless.message);
  t.is(of('{"message":"a\\nb"}'), 'a\\nb');
  t.is(of(JSON.stringify({ message: 'x'.repeat(1000) })).length, 200);
  for (const body of ['', '<html>', '{}', 'null', '{"message":{}}', '[]', '['.repeat(100)])
    t.is(of(body), 'status 503');
});

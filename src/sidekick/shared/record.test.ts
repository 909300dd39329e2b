import test from 'ava';
import { initialCluster, isPeerUrl, makeRecord, parseRecord } from './record.ts';

const members = [
  { name: 'b', incarnation: '2', peer_url: 'http://10.0.0.2:2380' },
  { name: 'a', incarnation: '1', peer_url: 'http://10.0.0.1:2380' },
];
const record = makeRecord(members, 'token', 1);

test('members are sorted, so that the same hosts give the same bytes', (t) => {
  t.deepEqual(makeRecord(members.toReversed(), 'token', 1), record);
  t.is(initialCluster(record), 'a=http://10.0.0.1:2380,b=http://10.0.0.2:2380');
});

test('a record is read back as it was', (t) => {
  t.deepEqual(parseRecord(JSON.stringify(record)), record);
});

const damaged = test.macro((t, change: object, message: RegExp) => {
  t.throws(() => parseRecord(JSON.stringify({ ...record, ...change })), { message });
});
test('a changed token is noticed', damaged, { token: 'other' }, /cluster ID/);
test('a changed member is noticed', damaged, { members: record.members.slice(1) }, /lists 1 members and says 2/);
test('a changed cluster ID is noticed', damaged, { cluster_id: '0123456789abcdef' }, /cluster ID/);
test('a missing name is noticed', damaged, { members: [{ incarnation: '1', peer_url: 'x' }] }, /malformed/);
for (const generation of [-5, 1.5, 2 ** 53 - 1, '1', null]) {
  test(`a generation of ${generation} is noticed`, damaged, { generation }, /malformed/);
}
test('no members at all is noticed', damaged, { members: null }, /not a record/);
test('what is no JSON throws', (t) => {
  t.throws(() => parseRecord(''));
});

test('a peer URL is one that no URL parser refuses or changes', (t) => {
  for (const url of ['http://10.0.0.1:2380', 'https://0a000001.addr.dc1.consul:12380', 'http://etcd-1.example.com:1']) {
    t.true(isPeerUrl(url), url);
  }
  const changed = ['http://1.2.3:2380', 'http://0x7f.1:2380', 'http://10.0.0.1:80', 'http://A:2380', 'http://a:2380/'];
  const refused = [
    'http://999.1.1.1:2380',
    'http://xn--a:2380',
    'http://a:65536',
    'http://a:0',
    'x',
    '',
    7,
    null,
    'http://a:1\n',
  ];
  for (const url of [...changed, ...refused]) t.false(isPeerUrl(url), String(url));
});

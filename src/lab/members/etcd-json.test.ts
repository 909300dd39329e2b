import test from 'ava';
import { clusterId, memberId } from './cluster-id.ts';
import { parseEndpointHealth, parseEndpointStatus, parseMemberList } from './etcd-json.ts';

test('64-bit IDs survive', (t) => {
  const list = parseMemberList(
    '{"header":{"cluster_id":4201477567532165928,"member_id":10276657743932975437,"raft_term":2},' +
      '"members":[{"ID":10276657743932975437,"name":"etcd-1","peerURLs":["http://10.0.0.1:2380"],' +
      '"clientURLs":["http://10.0.0.1:2379"]},{"ID":17,"peerURLs":["http://10.0.0.2:2380"],"isLearner":true}]}',
  );
  t.is(list.clusterId, '3a4ea5965886eb28');
  t.is(list.members[0]?.id, '8e9e05c52164694d');
  t.deepEqual(list.members[1], {
    id: '0000000000000011',
    name: '',
    peerUrls: ['http://10.0.0.2:2380'],
    clientUrls: [],
    learner: true,
  });
});

test('status and health', (t) => {
  const [status] = parseEndpointStatus(
    '[{"Endpoint":"http://10.0.0.1:2379","Status":{"header":{"cluster_id":14841639068965178418,' +
      '"member_id":10276657743932975437},"version":"3.5.16","leader":10276657743932975437}}]',
  );
  t.is(status?.clusterId, 'cdf818194e3a8c32');
  t.is(status?.leader, status?.memberId);
  t.is(status?.version, '3.5.16');
  t.true(parseEndpointHealth('[{"endpoint":"http://10.0.0.1:2379","health":true}]').get('http://10.0.0.1:2379'));
});

test('IDs are etcd’s own: the well-known single member', (t) => {
  // Every etcd that was ever started with its defaults has these.
  const peerUrls = ['http://localhost:2380'];
  t.is(memberId(peerUrls, 'etcd-cluster'), '8e9e05c52164694d');
  t.is(clusterId([{ peerUrls }], 'etcd-cluster'), 'cdf818194e3a8c32');
});

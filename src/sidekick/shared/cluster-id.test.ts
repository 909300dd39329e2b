import test from 'ava';
import { clusterId, memberId } from './cluster-id.ts';

// Taken from a running etcd 3.5.16: `etcdctl member list` and the X-Etcd-Cluster-ID header.
test('gives the IDs that etcd gives', (t) => {
  t.is(memberId('http://localhost:2380', 'etcd-cluster'), '8e9e05c52164694d');
  t.is(clusterId(['http://localhost:2380'], 'etcd-cluster'), 'cdf818194e3a8c32');
});

test('the order of the peer URLs is no matter', (t) => {
  const urls = ['http://10.0.0.1:2380', 'http://10.0.0.2:2380', 'http://10.0.0.3:2380'];
  t.is(clusterId(urls, 'x'), clusterId(urls.toReversed(), 'x'));
  t.not(clusterId(urls, 'x'), clusterId(urls, 'y'));
});

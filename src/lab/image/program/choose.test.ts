import test from 'ava';
import { isForeign, lineOf, nearest, newestOf, versionIn } from './choose.ts';

const have = ['3.5.9', '3.7.3', '3.5.35', '3.50.1', '3.6.16'].map((version) => ({ version }));

test('a version is that one, a line the newest of it, number by number', (t) => {
  t.is(newestOf(have, '3.5')?.version, '3.5.35');
  t.is(newestOf(have, '3.5.9')?.version, '3.5.9');
  t.is(newestOf(have, '3.5.3'), undefined);
  t.is(newestOf(have, '3')?.version, '3.50.1');
});

test('what stands in is of the same line, else the newest', (t) => {
  t.is(nearest(have, 'etcd', '3.5.9')?.version, '3.5.9');
  t.is(nearest(have, 'etcd', '3.5.16')?.version, '3.5.35');
  t.is(nearest(have, 'etcd', '3.8.0')?.version, '3.50.1');
  t.is(nearest([], 'etcd', '3.8.0'), undefined);
  t.deepEqual([lineOf('etcd', '3.5.16'), lineOf('node', '22.1.0')], ['3.5', '22']);
});

test('version and architecture as releases write them into their names', (t) => {
  const consul = 'https://example.com/consul/1.20.1/consul_1.20.1_linux_amd64.zip?x=9.9.9';
  t.is(versionIn(consul), '1.20.1');
  t.is(versionIn('https://example.com/1.2.3/consul'), undefined);
  t.deepEqual([isForeign(consul, 'amd64'), isForeign(consul, 'arm64')], [false, true]);
  t.true(isForeign('https://example.com/node-v22.1.0-linux-x64.tar.xz', 'arm64'));
  t.true(isForeign('https://example.com/node-v22.1.0-linux-arm64.tar.xz', 'amd64'));
  t.false(isForeign('https://example.com/amd64/consul', 'arm64'));
});

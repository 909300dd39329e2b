import test from 'ava';
import type { HostState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { findHost, findHosts, groupsOf } from './find-host.ts';

const hosts: HostState[] = [1, 2, 3].map((number) => ({
  name: `etcd-${number}`,
  role: 'etcd',
  target: 'aws',
  address: `10.77.0.10${number}`,
}));

test('a host that is not there is named with the one that was meant', (t) => {
  t.is(findHost({ hosts }, 'etcd-2').address, '10.77.0.102');
  const error = t.throws(() => findHost({ hosts }, 'etcd3'), { instanceOf: LabError, message: /no host etcd3/ });
  t.is(error?.remedy, 'Did you mean etcd-3? It has etcd-1, etcd-2, etcd-3.');
  t.is(t.throws(() => findHost({ hosts }, 'web'), { instanceOf: LabError })?.remedy, 'It has etcd-1, etcd-2, etcd-3.');
});

test('a host may be named as it names itself', (t) => {
  const own = hosts.map((host) => ({ ...host, target: 'ec2' }));
  t.is(findHost({ hosts: own }, 'ip-10-77-0-102').name, 'etcd-2');
  t.is(findHost({ hosts: own }, 'etcd-2').name, 'etcd-2');
  t.throws(() => findHost({ hosts }, 'ip-10-77-0-102'), { instanceOf: LabError });
});

test('several hosts: each once, or all', (t) => {
  t.deepEqual(findHosts({ hosts }, ['etcd-2', 'etcd-1', 'etcd-2']), [hosts[1], hosts[0]]);
  t.deepEqual(findHosts({ hosts }, ['all']), hosts);
  t.throws(() => findHosts({ hosts }, ['all', 'etcd-1']), { message: /no host all/ });
});

test('groups are words of names with commas between', (t) => {
  t.deepEqual(groupsOf(['etcd-1,etcd-2', 'etcd-3']), [['etcd-1', 'etcd-2'], ['etcd-3']]);
  t.deepEqual(groupsOf([',', 'etcd-3,']), [['etcd-3']]);
});

import test from 'ava';
import { LabError } from '../machine/lab-error.ts';
import { type HostPlan, networkOf } from '../network/addresses.ts';
import { nextHost } from './next-host.ts';

const network = networkOf({ address: { cidr: '10.77.0.0/24' } });
const etcd = (number: number): HostPlan => ({
  name: `etcd-${number}`,
  role: 'etcd',
  address: `10.77.0.${100 + number}`,
});

test('a host more has the next number of its role and that number’s address', (t) => {
  const hosts = [etcd(1), etcd(2), etcd(3)];
  t.deepEqual(nextHost({ network, hosts }, 'etcd'), etcd(4));
});

test('neither a name nor an address is given twice', (t) => {
  const hosts = [etcd(1), etcd(3)];
  t.deepEqual(nextHost({ network, hosts, retired: [etcd(4), etcd(2)] }, 'etcd'), etcd(5));
  const squatter: HostPlan = { name: 'consul-server-1', role: 'consul-server', address: '10.77.0.104' };
  t.deepEqual(nextHost({ network, hosts: [squatter, etcd(3)] }, 'etcd'), { ...etcd(4), address: '10.77.0.105' });
  t.is(nextHost({ network, hosts: [squatter] }, 'consul-server').name, 'consul-server-2');
  t.is(nextHost({ network, hosts: [squatter] }, 'consul-server').address, '10.77.0.12');
});

test('beyond the end of the network it begins again, and says when nothing is left', (t) => {
  const small = networkOf({ address: { cidr: '10.0.0.0/25' } });
  const at = (number: number): HostPlan => ({ name: `etcd-${number}`, role: 'etcd', address: `10.0.0.${number}` });
  t.is(nextHost({ network: small, hosts: [at(40)] }, 'etcd').address, '10.0.0.16');
  const full = Array.from({ length: 125 }, (_, index) => at(index + 2));
  t.throws(() => nextHost({ network: small, hosts: full }, 'etcd'), { instanceOf: LabError, message: /no free/ });
});

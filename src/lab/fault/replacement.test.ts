import test from 'ava';
import { type HostPlan, networkOf } from '../addresses.ts';
import { LabError } from '../lab-error.ts';
import { replacementFor } from './replacement.ts';

const network = networkOf({ address: { cidr: '10.77.0.0/24' } });
const etcd = (number: number): HostPlan => ({
  name: `etcd-${number}`,
  role: 'etcd',
  address: `10.77.0.${100 + number}`,
});

test('a replacement has the next number of its role and that number’s address', (t) => {
  const hosts = [etcd(1), etcd(2), etcd(3)];
  t.deepEqual(replacementFor({ network, hosts }, etcd(2)), etcd(4));
});

test('neither a name nor an address is given twice', (t) => {
  const hosts = [etcd(1), etcd(3)];
  t.deepEqual(replacementFor({ network, hosts, retired: [etcd(4), etcd(2)] }, etcd(1)), etcd(5));
  const squatter: HostPlan = { name: 'consul-server-1', role: 'consul-server', address: '10.77.0.104' };
  t.deepEqual(replacementFor({ network, hosts: [squatter, etcd(3)] }, etcd(3)), { ...etcd(4), address: '10.77.0.105' });
  t.is(replacementFor({ network, hosts: [squatter] }, squatter).name, 'consul-server-2');
  t.is(replacementFor({ network, hosts: [squatter] }, squatter).address, '10.77.0.12');
});

test('beyond the end of the network it begins again, and says when nothing is left', (t) => {
  const small = networkOf({ address: { cidr: '10.0.0.0/25' } });
  const at = (number: number): HostPlan => ({ name: `etcd-${number}`, role: 'etcd', address: `10.0.0.${number}` });
  t.is(replacementFor({ network: small, hosts: [at(40)] }, at(40)).address, '10.0.0.16');
  const full = Array.from({ length: 125 }, (_, index) => at(index + 2));
  t.throws(() => replacementFor({ network: small, hosts: full }, at(2)), { instanceOf: LabError, message: /no free/ });
});

import test from 'ava';
import { hostsOf, networkOf } from '../network/addresses.ts';
import { inTurn } from '../target/targets.ts';
import { asLaunched } from './launch.ts';

const hosts = inTurn(hostsOf({ cluster: { size: 3 }, consul: { count: 1 } }, networkOf({ address: {} })), ['ec2']);
const shown = (of: typeof hosts) =>
  of.map(({ name, address, instance }) => `${name} ${address} ${instance?.id ?? '-'}`);

test('members are the instances that were launched, and no other host is', (t) => {
  t.deepEqual(shown(asLaunched(hosts)), shown(hosts));
  const launched = ['10.77.0.30', '10.77.0.31'].map((address, index) => ({ id: `i-${index}`, address }));
  t.deepEqual(shown(asLaunched(hosts, launched)), [
    'consul-server-1 10.77.0.11 -',
    'etcd-1 10.77.0.30 i-0',
    'etcd-2 10.77.0.31 i-1',
    'etcd-3 10.77.0.103 -',
  ]);
});

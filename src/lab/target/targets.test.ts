import test from 'ava';
import { LabError } from '../machine/lab-error.ts';
import { hostsOf, networkOf } from '../network/addresses.ts';
import { inTurn, labTarget } from './targets.ts';

const hosts = hostsOf({ cluster: { size: 3 }, consul: { count: 2 } }, networkOf({ address: {} }));

test('hosts of each role get the targets in turn, and go on where those before them ended', (t) => {
  const given = inTurn(hosts, ['aws', 'flatcar']);
  t.deepEqual(
    given.map(({ name, target }) => `${name} ${target}`),
    ['consul-server-1 aws', 'consul-server-2 flatcar', 'etcd-1 aws', 'etcd-2 flatcar', 'etcd-3 aws'],
  );
  const next = { name: 'etcd-4', role: 'etcd', address: '10.77.0.104' } as const;
  t.deepEqual(inTurn([next], ['aws', 'flatcar'], given), [{ ...next, target: 'flatcar' }]);
});

test('a target that the lab cannot boot is named with those that it can', (t) => {
  const error = t.throws(() => labTarget('container-linux'), { instanceOf: LabError });
  t.regex(error?.remedy ?? '', /aws, ec2, flatcar/);
});

import test from 'ava';
import { listed, programOf } from './program.ts';

const line = (text: string) => text.split(' ');

test('programs are told by their command lines, sidekicks by the script that Node runs', (t) => {
  t.is(programOf(line('/opt/quorumgate/bin/etcd --name=etcd-1')), 'etcd');
  t.is(programOf(line('/opt/quorumgate/bin/consul agent -node=etcd')), 'consul');
  t.is(programOf(line('/opt/quorumgate/bin/socat -t 5')), 'socat');
  t.is(programOf(line('/opt/quorumgate/bin/node /opt/quorumgate/bin/etcd-ready')), 'gate');
  t.is(programOf(line('/opt/quorumgate/bin/node --max-semi-space-size=1 /opt/quorumgate/bin/etcd-ready')), 'gate');
  t.is(programOf(line('/usr/bin/node /opt/quorumgate/bin/etcd-register client')), 'register');
  t.is(programOf(line('/opt/quorumgate/bin/etcd-ready')), 'gate');
});

test('nothing else is taken for one of them', (t) => {
  for (const text of [
    '',
    '/bin/etcdctl put etcd',
    '/usr/bin/node /srv/app',
    'sh etcd',
    '/lib/systemd/systemd',
    '/opt/quorumgate/bin/etcd --version',
    'gate',
  ]) {
    t.is(programOf(line(text)), undefined, text);
  }
});

test('programs of a virtual machine are told by what its ps lists', (t) => {
  const text = `      1 S /sbin/init
    716 S /opt/quorumgate/bin/node --max-semi-space-size=1 /opt/quorumgate/bin/etcd-register server
   1710 T /opt/quorumgate/bin/etcd --name=etcd-1
     12 I [kworker/0:1-events]
`;
  t.deepEqual(listed(text), [
    { pid: 1, state: 'S', program: undefined },
    { pid: 716, state: 'S', program: 'register' },
    { pid: 1710, state: 'T', program: 'etcd' },
    { pid: 12, state: 'I', program: undefined },
  ]);
});

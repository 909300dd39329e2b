import test from 'ava';
import { joined } from './join-cloud-config.ts';

test('lists are appended, mappings joined, and what is there stays', (t) => {
  const ours = { runcmd: [['a']], users: ['default'], ntp: { enabled: true, servers: ['x'] } };
  const theirs = {
    runcmd: ['b'],
    ntp: { enabled: false, servers: ['y'], pools: ['z'] },
    timezone: 'UTC',
    users: 'no list',
  };
  t.deepEqual(joined(ours, theirs), {
    runcmd: [['a'], 'b'],
    users: ['default'],
    ntp: { enabled: true, servers: ['x', 'y'], pools: ['z'] },
    timezone: 'UTC',
  });
  t.deepEqual(ours.runcmd, [['a']], 'neither is changed');
});

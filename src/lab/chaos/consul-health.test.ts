import test from 'ava';
import { serverFlaws } from './consul-health.ts';

const server = (n: number, changes = {}) => ({
  Name: `etcd-${n}`,
  SerfStatus: 'alive',
  Leader: n === 1,
  Voter: true,
  LastTerm: 4,
  // As a busy machine has it, where nothing is the matter.
  Healthy: false,
  LastContact: '272ms',
  ...changes,
});

test('Consul bears to lose a server once all vote, and follow its leader', (t) => {
  t.deepEqual(serverFlaws([server(1), server(2), server(3)], 3), []);
  t.deepEqual(serverFlaws([], 3), ['Consul has no leader']);
  t.deepEqual(serverFlaws([server(1), server(2)], 3), ['Consul has 2 servers of 3']);
  const all = [server(1), server(2, { Voter: false }), server(3, { SerfStatus: 'failed' }), server(4, { LastTerm: 0 })];
  t.deepEqual(serverFlaws(all, 4), [
    "Consul's server etcd-2 has no vote yet",
    "Consul's server etcd-3 is failed",
    "Consul's server etcd-4 does not follow etcd-1 yet",
  ]);
});

import test from 'ava';
import { memberIdOf } from '../sidekick/shared/record.ts';
import type { ClusterView, MemberView } from './cluster.ts';
import { disputes } from './disks.ts';
import type { Host } from './hosts.ts';
import { knownOf } from './known.ts';
import { listing } from './list.ts';
import { host, keysOf, listOf, livedKeys, NOW, recordOf, settings } from './operator-testing.ts';
import { planRetire } from './retire.ts';

// Members 1 to 3 are the record's, 4 has joined later.
const born = recordOf(1, 2, 3);
const joined = '00000000000000aa';
const idOf = (n: number) => memberIdOf(born, `disk-${n}`) ?? joined;

const member = (n: number): MemberView => ({
  id: idOf(n),
  name: `etcd-${n}`,
  peerUrls: [`http://10.0.0.${n}:2380`],
  clientUrls: [],
  isLearner: false,
  at: `http://10.0.0.${n}:2380`,
  healthy: true,
  health: 'healthy',
  raftIndex: 100n,
});

/** A host as it registers itself, or as somebody else has. */
const holder = (n: number, meta: Host['meta'] = {}, changes: Partial<Host> = {}) =>
  host(n, { ...changes, meta: { state: 'member', member: idOf(n), ...meta } });

function view(changed: Host[], members = [1, 2, 3, 4].map(member), values: Record<string, string> = {}): ClusterView {
  const own = [1, 2, 3, 4].filter((n) => !changed.some(({ node }) => node === `etcd-${n}`)).map((n) => holder(n));
  const hosts = [...own, ...changed].sort((a, b) => (a.node < b.node ? -1 : 1));
  const keys = keysOf({ ...livedKeys(born, listOf(born, { id: joined, n: 4 })), ...values });
  const known = knownOf(settings, keys, hosts, undefined, NOW);
  if ('why' in known) throw new Error(known.why);
  const clusterId = born.cluster_id;
  return { clusterId, members, leader: idOf(1), doubt: undefined, via: '', keys, known, odd: [], hosts };
}

/** The disk that would be marked, or why none is. */
function retiring(seen: ClusterView, wanted: string): string {
  const planned = planRetire(seen, { ...settings, size: 4 }, wanted);
  if ('plan' in planned) return planned.plan.incarnation ?? 'none';
  return planned.refused.map(({ about, why, remedy }) => `${about}: ${why}. ${remedy}`).join('\n');
}

test('each disk is its own member\u2019s: nothing is in dispute', (t) => {
  const seen = view([]);
  t.deepEqual(disputes(seen), []);
  for (const n of [1, 2, 3, 4]) t.is(retiring(seen, `etcd-${n}`), `disk-${n}`);
});

test('V3: an entry that gives a member the disk of another: no mark for either, and the list says so', (t) => {
  const seen = view([holder(3, { incarnation: 'disk-2' })]);
  const why = retiring(seen, 'etcd-3');
  t.regex(
    why,
    /^etcd-3: its host says that it runs on the disk disk-2, and the record that it was launched on disk-3\. /,
  );
  t.regex(why, /restart etcd-register-server\.service on etcd-3.*catalog\/deregister/);
  t.regex(retiring(seen, 'etcd-2'), /^etcd-2: the disk disk-2 is said to be its own, and that of etcd-3, by the/);
  t.is(retiring(seen, 'etcd-1'), 'disk-1');
  t.true(listing(seen).some((line) => /^beside it: etcd-3: its host says that it runs on the disk disk-2/.test(line)));
});

test('V3: of a member that no record has: by the record of the other, by its registration', (t) => {
  const byRecord = view([holder(4, { incarnation: 'disk-2' }), holder(2, { incarnation: 'elsewhere' })]);
  t.regex(retiring(byRecord, 'etcd-4'), /the disk disk-2 is said to be its own, and that of etcd-2, by the record/);
  const five = { ...member(4), id: '00000000000000bb', name: 'etcd-5', peerUrls: ['http://10.0.0.5:2380'] };
  const members = [...[1, 2, 3, 4].map(member), five];
  const fifth = host(5, { meta: { state: 'member', member: five.id } });
  const byHost = view([holder(4, { incarnation: 'disk-5' }), fifth], members);
  t.regex(retiring(byHost, 'etcd-4'), /and that of etcd-5, by the registration of etcd-5\. .*on etcd-4 and etcd-5,/);
  const spare = view([holder(4, { incarnation: 'disk-9' }), host(9)]);
  t.regex(retiring(spare, 'etcd-4'), /and that of the host etcd-9, by its registration/);
});

test('V3: of a member that is gone, by what its host said was wiped', (t) => {
  const dead = { ...member(4), healthy: false, health: 'off', raftIndex: -1n };
  const members = [member(1), member(2), member(3), dead];
  const said = (wiped: string) =>
    host(4, { alive: false, meta: { state: 'empty', former: joined, wiped, incarnation: 'n' } });
  t.is(retiring(view([said('disk-4')], members), 'etcd-4'), 'disk-4');
  t.regex(
    retiring(view([said('disk-2')], members), 'etcd-4'),
    /the disk disk-2 is said .* that of etcd-2, by the record/,
  );
});

test('a host that has been renamed, and whose old entry is left, is one; a disk that was another member before is one too', (t) => {
  const renamed = holder(4, {}, { node: 'renamed' });
  t.is(retiring(view([holder(4, {}, { alive: false }), renamed]), 'renamed'), 'disk-4');
  // Its log was set aside when its first member had been removed.
  const members = [1, 2, 3].map(member);
  members[2] = { ...member(3), id: joined };
  const again = host(3, { meta: { state: 'member', member: joined } });
  const four = host(4, { meta: { member: '' } });
  t.is(retiring(view([again, four], members), 'etcd-3'), 'disk-3');
});

test('a record that nothing stands behind disputes nothing', (t) => {
  const forged = { ...recordOf(1, 2, 3), lineage: born.cluster_id, generation: NOW };
  const swapped = forged.members.map((one) => ({ ...one, incarnation: `x-${one.incarnation}` }));
  const { cluster_id, token, size } = forged;
  const unsigned = { generation: NOW, token, size, members: swapped, cluster_id, lineage: 'b'.repeat(16) };
  const values = { [`etcd3/mycluster/lineage/${'b'.repeat(16)}/record`]: JSON.stringify(unsigned) };
  t.deepEqual(disputes(view([], undefined, values)), []);
});

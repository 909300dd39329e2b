import test from 'ava';
import { parseRecord } from '../sidekick/shared/record.ts';
import { host, settings, situation } from './operator-testing.ts';
import { planReset } from './reset.ts';

const reasons = (...args: Parameters<typeof planReset>) => {
  const planned = planReset(...args);
  return 'refused' in planned ? planned.refused.map(({ about, why }) => `${about}: ${why}`) : [];
};

const fresh = { token: 't', now: 0 };

test('the new record is the next generation of exactly the hosts that are there', (t) => {
  const planned = planReset(situation(), settings, [], { token: 'token', now: 0 });
  if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
  const { record, modified, lines } = planned.plan;
  t.is(modified, 17);
  t.like(record, { generation: 2, token: 'token', size: 3, snapshot: undefined });
  t.deepEqual(
    record.members.map(({ name, incarnation, peer_url }) => `${name} ${incarnation} ${peer_url}`),
    [1, 2, 3].map((n) => `etcd-${n} new-${n} http://10.0.0.${n}:2380`),
  );
  t.deepEqual(parseRecord(JSON.stringify(record)), record);
  t.deepEqual(lines, [
    'resets mycluster:',
    `  old cluster  ${situation().record?.cluster_id}, generation 1: etcd-1, etcd-2, etcd-3`,
    `  new cluster  ${record.cluster_id} (predicted), generation 2`,
    '  members      etcd-1 http://10.0.0.1:2380',
    '               etcd-2 http://10.0.0.2:2380',
    '               etcd-3 http://10.0.0.3:2380',
    "  writes       Consul's key etcd3/mycluster/bootstrap, if it is still the version 17; nothing else",
    `  for good     what cluster ${situation().record?.cluster_id} held is unreachable; a disk that comes back with its data is refused at its gate`,
    '  then         these 3 hosts start etcd by themselves, with no data',
  ]);
});

test('without a record there is nothing to reset', (t) => {
  t.regex(
    reasons(situation({ record: undefined, modified: 0 }), settings, [], fresh).join(),
    /^mycluster: .* no record/,
  );
});

test('as many hosts as the spec says, no fewer and no more', (t) => {
  const four = situation({ hosts: [1, 2, 3, 4].map((n) => host(n)) });
  t.deepEqual(reasons(four, settings, [], fresh), [
    'mycluster: 4 hosts without data are alive: etcd-1, etcd-2, etcd-3, etcd-4; a new list needs exactly 3',
  ]);
  t.is(reasons({ ...four, retired: ['disk-4'] }, settings, [], fresh).length, 0);
  const two = situation({ hosts: [host(1), host(2), host(3, { alive: false })] });
  t.regex(reasons(two, settings, ['etcd-3'], fresh).join(), /^mycluster: 2 hosts without data/);
});

test('a host that has data is said once, not as missing as well', (t) => {
  const seen = situation({ hosts: [host(1), host(2), host(3, { meta: { state: 'member' } })] });
  t.deepEqual(reasons(seen, settings, [], fresh), ['etcd-3: it has data of cluster unknown']);
});

test('a dead host and its replacement', (t) => {
  const hosts = [host(1), host(2), host(3, { alive: false, meta: { state: 'member' } }), host(4)];
  t.regex(reasons(situation({ hosts }), settings, [], fresh).join(), /^etcd-3: it is registered but not alive/);
  const planned = planReset(situation({ hosts }), settings, ['etcd-3'], fresh);
  if ('refused' in planned) return t.fail();
  t.deepEqual(
    planned.plan.record.members.map(({ name }) => name),
    ['etcd-1', 'etcd-2', 'etcd-4'],
  );
  t.true(planned.plan.lines.some((line) => line.includes('etcd-3 is destroyed, and its disk')));
});

test('machines that Consul has forgotten stand in the plan until the operator says what they are', (t) => {
  const seen = situation({ departed: [{ node: 'etcd-9', address: '10.0.0.9' }] });
  const text = (lost: string[]) => {
    const planned = planReset(seen, settings, lost, fresh);
    return 'plan' in planned ? planned.plan.lines.join('\n') : '';
  };
  t.regex(text([]), /not known +whether etcd-9 \(10\.0\.0\.9\), gone from Consul, has data/);
  t.notRegex(text(['etcd-9']), /not known/);
});

test('a generation is later than all that were ever given, whatever Consul remembers', (t) => {
  const planned = planReset(situation(), settings, [], { token: 't', now: 1_800_000_000 });
  t.is('plan' in planned ? planned.plan.record.generation : 0, 1_800_000_000);
});

test('a machine that carries the name of another: the other is not known', (t) => {
  const hosts = [1, 2, 3].map((n) =>
    host(n, { meta: { incarnation: `new-${n}` }, ...(n === 2 && { peerUrl: 'http://10.0.0.9:2380' }) }),
  );
  const planned = planReset(situation({ hosts }), settings, [], fresh);
  const lines = 'plan' in planned ? planned.plan.lines : [];
  t.true(
    lines.some((line) => line.includes('whether the etcd-2 that was at http://10.0.0.2:2380 has data')),
    lines.join('\n'),
  );
});

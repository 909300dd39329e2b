import test from 'ava';
import { memberIdOf, parseRecord } from '../sidekick/shared/record.ts';
import { host, settings, situation } from './operator-testing.ts';
import { planRestore } from './restore.ts';

const snapshot = { file: '/root/my snap.db', bytes: 1056, sha256: 'ab'.repeat(32) };
const base = { snapshot, seed: undefined, lost: [], token: 'token', now: 0 };

test('one member, the first by name, and the snapshot', (t) => {
  const planned = planRestore(situation(), settings, base);
  if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
  const { record, modified, lines, afterwards } = planned.plan;
  t.is(modified, 17);
  t.like(record, { generation: 2, size: 1, snapshot: snapshot.sha256 });
  t.deepEqual(record.members, [{ name: 'etcd-1', incarnation: 'new-1', peer_url: 'http://10.0.0.1:2380' }]);
  t.deepEqual(parseRecord(JSON.stringify(record)), record);
  t.truthy(memberIdOf(record, 'new-1'));
  t.true(lines.some((line) => line.includes(`SHA-256 ${snapshot.sha256}`)));
  t.true(lines.some((line) => line.includes('it is joined by etcd-2, etcd-3, hosts that boot later')));
  t.true(afterwards.includes("  scp '/root/my snap.db' 10.0.0.1:/tmp/restore.db"));
  t.true(
    afterwards.includes('  ssh 10.0.0.1 sudo install -o etcd -g etcd -m 600 /tmp/restore.db /var/lib/etcd/restore.db'),
  );
});

const chosen = (...args: Parameters<typeof planRestore>) => {
  const planned = planRestore(...args);
  if ('plan' in planned) return planned.plan.record.members.map(({ name }) => name).join();
  return planned.refused.map(({ about, why, remedy }) => `${about}: ${why}. ${remedy}`).join();
};

test('the seed may be named, and has to be there', (t) => {
  t.is(chosen(situation(), settings, { ...base, seed: 'etcd-3' }), 'etcd-3');
  t.regex(chosen(situation(), settings, { ...base, seed: 'etcd-9' }), /^etcd-9: no such host.*Name one of etcd-1, /);
  const none = situation({ hosts: [], record: undefined, modified: 0 });
  t.regex(chosen(none, settings, base), /^the seed: no such host.*Boot a host/);
});

test('one host is enough, when the others are known to be lost', (t) => {
  const seen = situation({ hosts: [host(2)] });
  t.regex(chosen(seen, settings, base), /^etcd-1: .* not registered.*,etcd-3: .* not registered/);
  t.is(chosen(seen, settings, { ...base, lost: ['etcd-1', 'etcd-3'] }), 'etcd-2');
});

test('while data is left nothing is restored over it', (t) => {
  const hosts = [host(1), host(2), host(3, { meta: { state: 'member' } })];
  t.regex(chosen(situation({ hosts }), settings, base), /^etcd-3: it has data/);
});

test('without a record the first generation, and a seed that no record can have known', (t) => {
  const hosts = [host(1, { meta: { state: 'launched' } }), host(2)];
  const seen = situation({ hosts, record: undefined, modified: 0 });
  const planned = planRestore(seen, settings, base);
  if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
  t.like(planned.plan, { modified: 0, record: { generation: 1 } });
  t.is(planned.plan.record.members[0]?.name, 'etcd-2');
  t.true(planned.plan.lines.some((line) => line.includes('if it is still not there')));
  t.regex(
    chosen(seen, settings, { ...base, seed: 'etcd-1' }),
    /^etcd-1: without a record .* never started\. Name one of etcd-2\./,
  );
});

test('hosts that etcd was started on, and no record: another one is needed', (t) => {
  const hosts = [host(1, { meta: { state: 'launched', size: '5' } })];
  const seen = situation({ hosts, record: undefined, modified: 0 });
  t.regex(chosen(seen, settings, base), /^the seed: without a record .* Boot a host with an empty disk/);
});

test('with a record a host that was launched before may be the seed', (t) => {
  t.is(
    chosen(situation({ hosts: [1, 2, 3].map((n) => host(n, { meta: { state: 'launched' } })) }), settings, base),
    'etcd-1',
  );
});

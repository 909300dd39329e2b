import test from 'ava';
import { lineageKey, recordKey } from '../sidekick/shared/keys.ts';
import { memberIdOf, parseRecord } from '../sidekick/shared/record.ts';
import { host, keysOf, LOST, NOW, recordOf, settings, situation, wiped } from './operator-testing.ts';
import { planRestore, type RestoreChoice } from './restore.ts';

const snapshot = { file: '/root/my snap.db', bytes: 1056, sha256: 'ab'.repeat(32) };
const base: RestoreChoice = { snapshot, seed: undefined, lost: LOST, lineage: undefined, token: 'token', now: NOW };
const lineage = recordOf(1, 2, 3).cluster_id;

test('one member, the first by name, and the snapshot', (t) => {
  const planned = planRestore(situation(), settings, base);
  if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
  const { record, replaces, lines, afterwards } = planned.plan;
  t.deepEqual(
    replaces.map(({ modified }) => modified),
    [18, 17],
  );
  t.like(record, { generation: NOW, size: 1, lineage, snapshot: snapshot.sha256 });
  t.deepEqual(record.members, [{ name: 'etcd-1', incarnation: 'new-1', peer_url: 'http://10.0.0.1:2380' }]);
  t.deepEqual(parseRecord(JSON.stringify(record)), record);
  t.truthy(memberIdOf(record, 'new-1'));
  t.true(lines.some((line) => line.includes(`SHA-256 ${snapshot.sha256}`)));
  t.true(lines.some((line) => line.includes('it is joined by etcd-2, etcd-3, hosts that boot later')));
  const bring =
    "  ssh 10.0.0.1 'sudo install -o etcd -g etcd -m 600 /dev/stdin /var/lib/etcd/restore.db' <'/root/my snap.db'";
  t.true(afterwards.includes(bring), afterwards.join('\n'));
});

test('whatever the file is called, the printed command is one line and one word', (t) => {
  const file = "a'; rm -rf ~; '\n\u001b[31m";
  const planned = planRestore(situation(), settings, { ...base, snapshot: { ...snapshot, file } });
  if ('refused' in planned) return t.fail();
  const command = planned.plan.afterwards.find((line) => line.includes('ssh')) ?? '';
  t.true(command.endsWith(" <'a'\\''; rm -rf ~; '\\''\\n\\x1b[31m'"), command);
});

const chosen = (seen: Parameters<typeof planRestore>[0], choice: Partial<RestoreChoice> = {}) => {
  const planned = planRestore(seen, settings, { ...base, ...choice });
  if ('plan' in planned) return planned.plan.record.members.map(({ name }) => name).join();
  return planned.refused.map(({ about, why, remedy }) => `${about}: ${why}. ${remedy}`).join();
};

test('the seed may be named, and has to be there', (t) => {
  t.is(chosen(situation(), { seed: 'etcd-3' }), 'etcd-3');
  t.regex(chosen(situation(), { seed: 'etcd-9' }), /^etcd-9: no such host.*Name one of etcd-1, /);
  t.regex(chosen(situation({ hosts: [], keys: keysOf({}) }), { lost: [] }), /^the seed: no such host.*Boot a host/);
});

test('a host on which etcd never ran goes before others', (t) => {
  const hosts = [wiped(1, { meta: { state: 'launched' } }), wiped(2), wiped(3)];
  t.is(chosen(situation({ hosts })), 'etcd-2');
  t.is(chosen(situation({ hosts }), { seed: 'etcd-1' }), 'etcd-1');
});

test('one host is enough, when the others are known to be lost', (t) => {
  const seen = situation({ hosts: [host(2)] });
  t.regex(chosen(seen, { lost: ['etcd-2'] }), /^etcd-1: .* not accounted for.*,etcd-3: .* not accounted for/);
  t.is(chosen(seen), 'etcd-2');
});

test('while data is left nothing is restored over it', (t) => {
  const hosts = [wiped(1), wiped(2), wiped(3, { meta: { state: 'member' } })];
  t.regex(chosen(situation({ hosts })), /^etcd-3: it has data/);
  t.regex(
    chosen(situation({ hosts: [wiped(1), wiped(2), wiped(3, { meta: { state: 'remains' } })] })),
    /^etcd-3: .*remains/,
  );
});

test('Consul has lost everything: a lineage of its own, unless hosts remember one', (t) => {
  const seen = situation({ hosts: [host(1), host(2)], keys: keysOf({}) });
  const planned = planRestore(seen, settings, { ...base, lost: [] });
  if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
  const { record, replaces } = planned.plan;
  t.is(record.lineage, undefined);
  t.deepEqual(replaces, [
    { key: lineageKey('mycluster', record.cluster_id), modified: 0 },
    { key: recordKey('mycluster'), modified: 0 },
  ]);
  const remembering = { ...seen, hosts: [host(1), host(2, { meta: { lineage } })] };
  const again = planRestore(remembering, settings, { ...base, lost: ['etcd-1', 'etcd-2'] });
  t.is('plan' in again ? again.plan.record.lineage : '', lineage);
});

test('Consul has lost everything: machines that have left it have to be named', (t) => {
  const departed = [{ node: 'etcd-2', address: '10.0.0.2', alive: false }];
  const seen = situation({ hosts: [host(1)], keys: keysOf({}), departed });
  t.regex(
    chosen(seen, { lost: [] }),
    /^etcd-2: it \(10\.0\.0\.2\) has left Consul, and may have been a member: Consul knows of no cluster/,
  );
  t.is(chosen(seen, { lost: ['etcd-2'] }), 'etcd-1');
});

test('garbage in the place of all that is known is written over', (t) => {
  const keys = keysOf({ [recordKey('mycluster')]: '{' });
  const planned = planRestore(situation({ hosts: [host(1)], keys }), settings, { ...base, lost: [] });
  if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
  t.like(planned.plan.replaces[1], { key: recordKey('mycluster'), modified: 17 });
  t.true(planned.plan.lines.some((line) => line.includes('bootstrap cannot be read')));
});

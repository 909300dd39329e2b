import test from 'ava';
import { lineageKey, listKey, recordKey } from '../sidekick/shared/keys.ts';
import { makeRecord, memberIdOf, parseRecord } from '../sidekick/shared/record.ts';
import {
  BORN,
  host,
  keysOf,
  LOST,
  livedKeys,
  NOW,
  recordOf,
  replaced,
  settings,
  situation,
  wiped,
} from './operator-testing.ts';
import { type Choice, planReset } from './reset.ts';

const fresh: Choice = { lost: LOST, lineage: undefined, token: 'token', now: NOW };
const born = recordOf(1, 2, 3);
const lineage = born.cluster_id;

const reasons = (seen: Parameters<typeof planReset>[0], choice: Partial<Choice> = {}) => {
  const planned = planReset(seen, settings, { ...fresh, ...choice });
  return 'refused' in planned ? planned.refused.map(({ about, why, remedy }) => `${about}: ${why}. ${remedy}`) : [];
};

test('the new record is of the same lineage, later than all, and of exactly the hosts that are there', (t) => {
  const planned = planReset(situation(), settings, fresh);
  if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
  const { record, replaces, lines } = planned.plan;
  t.deepEqual(replaces, [
    { key: lineageKey('mycluster', lineage), modified: 18 },
    { key: recordKey('mycluster'), modified: 17 },
  ]);
  t.like(record, { generation: NOW, token: 'token', size: 3, lineage, snapshot: undefined, proof: undefined });
  t.deepEqual(
    record.members.map(({ name, incarnation, peer_url }) => `${name} ${incarnation} ${peer_url}`),
    [1, 2, 3].map((n) => `etcd-${n} new-${n} http://10.0.0.${n}:2380`),
  );
  t.deepEqual(parseRecord(JSON.stringify(record)), record);
  t.deepEqual(lines, [
    'resets mycluster:',
    `  old cluster   ${lineage}, generation ${BORN}: etcd-1, etcd-2, etcd-3`,
    `  new cluster   ${record.cluster_id} (predicted), generation ${NOW}, lineage ${lineage}`,
    '  members       etcd-1 http://10.0.0.1:2380',
    '                etcd-2 http://10.0.0.2:2380',
    '                etcd-3 http://10.0.0.3:2380',
    ...born.members.map(({ name, incarnation, peer_url }, index) => {
      const word = `${name}: its disk is destroyed, or holds no data`;
      const label = index === 0 ? 'by your word' : '';
      return `  ${label.padEnd(14)}${word} (member ${memberIdOf(born, incarnation)} at ${peer_url}; its host says that its disk is empty)`;
    }),
    `  writes        Consul's key etcd3/mycluster/lineage/${lineage}/record, if it is still the version 18`,
    "                Consul's key etcd3/mycluster/bootstrap, if it is still the version 17",
    '                nothing else',
    `  for good      what cluster ${lineage} held is unreachable; a disk that comes back with its data is refused, once its host can read Consul`,
    '  then          these 3 hosts start etcd by themselves, with no data',
  ]);
});

test('without a record there is nothing to reset', (t) => {
  t.regex(reasons(situation({ keys: keysOf({}), hosts: [] })).join(), /^mycluster: .* no record of it/);
});

test('garbage in the place of all that is known: what ends it is said', (t) => {
  const [reason] = reasons(situation({ keys: keysOf({ [recordKey('mycluster')]: '{"generation": oops' }) }));
  t.regex(reason ?? '', /consul kv delete etcd3\/mycluster\/bootstrap\. Members that have data put their own back/);
  t.notRegex(reason ?? '', /nothing to reset/);
});

test('garbage at one key: the plan says so, and writes over it', (t) => {
  for (const [at, modified] of [
    [recordKey('mycluster'), 17],
    [lineageKey('mycluster', lineage), 18],
  ] as const) {
    const planned = planReset(situation({ keys: keysOf({ ...livedKeys(born), [at]: '{' }) }), settings, fresh);
    if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
    t.true(planned.plan.lines.some((line) => line.includes(`${at} cannot be read`)));
    t.true(planned.plan.replaces.some((one) => one.key === at && one.modified === modified));
    t.is(planned.plan.record.lineage, lineage);
  }
});

test('the list alone is enough to know the lineage and the members', (t) => {
  const list = livedKeys(born)[listKey('mycluster', lineage)] ?? '';
  const seen = situation({ keys: keysOf({ [listKey('mycluster', lineage)]: list }) });
  // No record says which disk a member of the list was launched on.
  t.is(reasons(seen, { lost: [] }).length, 3);
  t.deepEqual(reasons(seen), []);
  const former = [1, 2, 3].map((n) => {
    const { id = '' } = (JSON.parse(list) as { members: { id: string }[] }).members[n - 1] ?? {};
    return wiped(n, { meta: { former: id } });
  });
  t.deepEqual(reasons({ ...seen, hosts: former }), []);
});

test('as many hosts as the spec says, no fewer and no more', (t) => {
  const four = situation({ hosts: [1, 2, 3, 4].map((n) => wiped(n)) });
  const why =
    /^mycluster: 4 hosts without data are alive: etcd-1, etcd-2, etcd-3, etcd-4; a new list needs exactly 3\. End/;
  t.regex(reasons(four).join(), why);
  const keys = keysOf({ ...livedKeys(born), 'etcd3/mycluster/retired/new-4': 'etcd-4' });
  t.deepEqual(reasons({ ...four, keys }), []);
  const two = situation({ hosts: [wiped(1), wiped(2), wiped(3, { alive: false })] });
  t.regex(reasons(two).join(), /^mycluster: 2 hosts without data.*Boot the missing/);
});

test('a host that has data is said once, not as missing as well', (t) => {
  const seen = situation({ hosts: [wiped(1), wiped(2), wiped(3, { meta: { state: 'member' } })] });
  t.is(reasons(seen).length, 1);
  t.regex(reasons(seen)[0] ?? '', /^etcd-3: it has data of cluster unknown/);
});

test('a dead host and its replacement', (t) => {
  const hosts = [wiped(1), wiped(2), host(3, { alive: false, meta: { state: 'member' } }), host(4)];
  t.regex(
    reasons(situation({ hosts }), { lost: ['etcd-1', 'etcd-2'] }).join(),
    /^etcd-3: it is registered but not alive/,
  );
  const planned = planReset(situation({ hosts }), settings, fresh);
  if ('refused' in planned) return t.fail();
  t.deepEqual(
    planned.plan.record.members.map(({ name }) => name),
    ['etcd-1', 'etcd-2', 'etcd-4'],
  );
  t.true(planned.plan.lines.some((line) => line.includes('etcd-3: its disk is destroyed, or holds no data')));
});

test('a generation is later than all that count, whatever the clock says', (t) => {
  const generation = (values: Record<string, string>, now: number) => {
    const planned = planReset(situation({ keys: keysOf(values) }), settings, { ...fresh, now });
    return 'plan' in planned ? planned.plan.record.generation : planned.refused.map(({ why }) => why).join();
  };
  t.is(generation(livedKeys(born), NOW), NOW);
  t.is(generation(livedKeys(born), BORN - 5), BORN + 1);
  const next = replaced(born, { generation: NOW + 900_000 });
  t.is(generation({ ...livedKeys(born), [recordKey('mycluster')]: JSON.stringify(next) }, NOW), NOW + 900_001);
  const forged = { ...born, generation: Number.MAX_SAFE_INTEGER };
  t.is(generation({ ...livedKeys(born), [recordKey('mycluster')]: JSON.stringify(forged) }, NOW), NOW);
});

test('a stranger with a generation of the future beside it has to go first', (t) => {
  const other = { ...makeRecord(recordOf(7, 8, 9).members, 'other', 1), generation: NOW * 2 };
  const at = lineageKey('mycluster', other.cluster_id);
  const keys = keysOf({ ...livedKeys(born), [at]: JSON.stringify(other) });
  const [reason = ''] = reasons(situation({ keys }), { lineage });
  t.regex(reason, /does not outrank: hosts would wait and name both\. .*consul kv delete/);
  t.true(reason.startsWith(at));
});

test('two lineages: both are named', (t) => {
  const other = makeRecord(recordOf(7, 8, 9).members, 'other', BORN);
  const values = { ...livedKeys(born), [lineageKey('mycluster', other.cluster_id)]: JSON.stringify(other) };
  const seen = situation({ keys: keysOf(values) });
  const [reason = '', ...more] = reasons(seen);
  t.is(more.length, 0);
  t.true(reason.includes(`--lineage ${lineage}`) || reason.includes(`--lineage ${other.cluster_id}`));
  t.deepEqual(reasons(seen, { lineage }), []);
});

test('a name that no record may have is not written into one', (t) => {
  const [reason = ''] = reasons(situation({ hosts: [wiped(1), wiped(2), wiped(3, { node: 'a b' })] }));
  t.regex(reason, /none that hosts can read: a member is malformed/);
});

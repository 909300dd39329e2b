import test from 'ava';
import { makeRecord, memberIdOf } from '../sidekick/shared/record.ts';
import type { ClusterView, MemberView } from './cluster.ts';
import { listing } from './list.ts';
import { host, recordOf, settings } from './operator-testing.ts';
import { planRetire } from './retire.ts';

const id = (n: number) => n.toString(16).padStart(16, '0');

function member(n: number, changes: Partial<MemberView> = {}): MemberView {
  return {
    id: id(n),
    name: `etcd-${n}`,
    peerUrls: [`http://10.0.0.${n}:2380`],
    isLearner: false,
    address: `10.0.0.${n}`,
    healthy: true,
    health: 'healthy',
    raftIndex: 100n,
    ...changes,
  };
}

const dead = { healthy: false, health: 'connect ECONNREFUSED', raftIndex: -1n };

/** Members 1 to `size`, all healthy on hosts that are alive; 1 leads. */
function view(size: number, changes: Partial<ClusterView> = {}, members: Record<number, Partial<MemberView>> = {}) {
  const numbers = Array.from({ length: size }, (_, index) => index + 1);
  const record = recordOf(...numbers);
  return {
    clusterId: record.cluster_id,
    members: numbers.map((n) => member(n, members[n] ?? {})),
    leader: id(1),
    doubt: undefined,
    via: '10.0.0.1',
    record,
    retired: [],
    hosts: numbers.map((n) => host(n, { meta: { state: 'member' } })),
    ...changes,
  } satisfies ClusterView;
}

function plan(seen: ClusterView, wanted: string, size = 3) {
  const planned = planRetire(seen, { ...settings, size }, wanted);
  if ('plan' in planned) return planned.plan;
  return planned.refused.map(({ about, why, remedy }) => `${about}: ${why}. ${remedy}`).join('\n');
}

const refused = test.macro<[seen: ClusterView, wanted: string, why: RegExp]>((t, seen, wanted, why) => {
  const planned = plan(seen, wanted);
  t.regex(typeof planned === 'string' ? planned : planned.lines.join('\n'), why);
  t.is(typeof planned, 'string');
});

test('a member that follows: its disk is marked, nobody else need lead', (t) => {
  const planned = plan(view(3), 'etcd-2');
  if (typeof planned === 'string') return t.fail(planned);
  t.like(planned, { incarnation: 'disk-2', successor: undefined, afterwards: 'the host of etcd-2 may be ended' });
  t.is(planned.member.id, id(2));
  t.deepEqual(planned.lines, [
    'retires etcd-2 from mycluster:',
    `  cluster   ${view(3).clusterId}, 3 members`,
    `  member    etcd-2 ${id(2)} http://10.0.0.2:2380`,
    '  its host  alive, healthy',
    "  writes    Consul's key etcd3/mycluster/retired/disk-2: its gate lets etcd start no more",
    `  removes   member ${id(2)}, for good; its data stays on its disk`,
    '  left      etcd-1, etcd-3; they survive the loss of none',
    '  then      the next new host joins in its place',
  ]);
});

test('the leader hands on to whoever has most of the log', (t) => {
  const planned = plan(view(3, {}, { 2: { raftIndex: 90n } }), 'etcd-1');
  if (typeof planned === 'string') return t.fail(planned);
  t.is(planned.successor?.name, 'etcd-3');
  t.is(planned.via, '10.0.0.3');
  t.true(planned.lines.includes('  leads     it does; etcd-3 leads from then on'));
});

test('shrinking to the size of the spec makes room for nobody, except for a host of the larger size', (t) => {
  const planned = plan(view(4), 'etcd-4');
  if (typeof planned === 'string') return t.fail(planned);
  t.false(planned.lines.some((line) => line.includes('joins')));
  const hosts = [...view(4).hosts, host(5, { meta: { size: '5' } })];
  const other = plan(view(4, { hosts }), 'etcd-4');
  t.true(typeof other !== 'string' && other.lines.some((line) => line.includes('etcd-5 joins in its place')));
  const retired = plan(view(4, { hosts, retired: ['disk-5'] }), 'etcd-4');
  t.false(typeof retired === 'string' || retired.lines.some((line) => line.includes('joins')));
});

test('a dead member whose host is gone, by the record that made it or by nobody', (t) => {
  const record = recordOf(1, 2, 3);
  const changes = { hosts: view(3).hosts.slice(0, 2) };
  const unknown = plan(view(3, changes, { 3: dead }), 'etcd-3');
  if (typeof unknown === 'string') return t.fail(unknown);
  t.is(unknown.incarnation, undefined);
  t.regex(unknown.lines.join('\n'), /not registered, and does not answer: it is taken for dead/);
  t.regex(unknown.lines.join('\n'), /nobody knows its disk/);
  t.regex(unknown.afterwards, /should etcd-3 come back/);
  const known = plan(view(3, changes, { 3: { ...dead, id: memberIdOf(record, 'disk-3') ?? '' } }), 'etcd-3');
  t.is(typeof known === 'string' ? known : known.incarnation, 'disk-3');
});

test('two dead of five: each of them may go, in any order', (t) => {
  t.not(typeof plan(view(5, {}, { 4: dead, 5: dead }), 'etcd-5', 5), 'string');
});
test('of two healthy members one may go', (t) => t.not(typeof plan(view(2), 'etcd-1', 1), 'string'));
test('a learner that never comes may go', (t) => {
  t.not(typeof plan(view(4, {}, { 4: { ...dead, isLearner: true } }), 'etcd-4'), 'string');
});
test('a member without a name goes by its host, or its ID', (t) => {
  const seen = view(4, {}, { 4: { ...dead, name: '', isLearner: true } });
  for (const wanted of ['etcd-4', id(4)]) t.not(typeof plan(seen, wanted), 'string');
});

test('no such member', refused, view(3), 'ectd-1', /no member is called so\. Did you mean etcd-1\?/);
test('nothing is called by an empty name', refused, view(3, {}, { 3: { name: '' } }), '', /no member is called so/);
test('two of a name', refused, view(3, {}, { 3: { name: 'etcd-2' } }), 'etcd-2', /Name it by its ID: 0+2 or 0+3\./);
test(
  'retired already',
  refused,
  view(2, { hosts: [host(3)], retired: ['disk-3'] }),
  'etcd-3',
  /retired already, and no member. Its host may be ended/,
);
test('the last one', refused, view(1), 'etcd-1', /without etcd-1 0 healthy voters are left, and 1 need 1/);
test('no quorum', refused, view(3, { doubt: 'why' }), 'etcd-1', /no quorum answers \(why\)/);
test('no leader', refused, view(3, { leader: undefined }), 'etcd-1', /it has no leader/);
test(
  'another one is dead',
  refused,
  view(3, {}, { 3: dead }),
  'etcd-1',
  /etcd-3: it is not healthy.*retire etcd-3\n.*1 healthy voters are left, and 3 need 2/,
);
test('another one of five is dead', refused, view(5, {}, { 3: dead }), 'etcd-1', /^etcd-3: it is not healthy[^\n]*$/);
test('two of four are dead', refused, view(4, {}, { 3: dead, 4: dead }), 'etcd-4', /2 healthy voters .* 4 need 3/);
test('of two the dead one', refused, view(2, {}, { 2: dead }), 'etcd-2', /1 healthy voters are left, and 2 need 2/);
test('another one joins', refused, view(4, {}, { 4: { isLearner: true } }), 'etcd-1', /etcd-4: it is joining/);
test(
  'the record is of another cluster',
  refused,
  view(3, { record: makeRecord(recordOf(1, 2, 3).members, 'other', 2) }),
  'etcd-1',
  /the record in Consul is of/,
);
test(
  'a living member whose disk nobody can name',
  refused,
  view(3, { hosts: view(3).hosts.slice(0, 2), record: undefined }),
  'etcd-3',
  /its disk cannot be marked/,
);

test('the list shows members, hosts and what is neither', (t) => {
  const four = [...view(3).hosts.slice(0, 2), host(4), host(5, { alive: false, meta: { state: 'member' } })];
  const seen = view(
    3,
    { hosts: four, retired: ['disk-2', 'disk-5'] },
    { 2: { isLearner: true }, 3: { ...dead, name: '' } },
  );
  t.deepEqual(listing(seen), [
    'NAME           ID                PEER URL              ROLE     HEALTH                HOST            RETIRED',
    `etcd-1         ${id(1)}  http://10.0.0.1:2380  leader   healthy               alive           -`,
    `etcd-2         ${id(2)}  http://10.0.0.2:2380  learner  healthy               alive           retired`,
    `(not started)  ${id(3)}  http://10.0.0.3:2380  voter    connect ECONNREFUSED  not registered  -`,
    `cluster ${seen.clusterId}: as predicted`,
    'not a member: etcd-4 (alive, empty)',
    'not a member: etcd-5 (not alive, member, retired)',
  ]);
  const lines = listing({ ...seen, doubt: 'why', leader: undefined, record: makeRecord([], 't', 1) });
  t.true(lines.includes('no leader'));
  t.true(lines.includes('no quorum answers (why): the list is what 10.0.0.1 last knew'));
  t.regex(lines.join('\n'), /: NOT [0-9a-f]{16}/);
  t.regex(listing({ ...seen, record: undefined }).join('\n'), /Consul has no record/);
});

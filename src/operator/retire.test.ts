import test from 'ava';
import { lineageKey } from '../sidekick/shared/keys.ts';
import { type ClusterRecord, makeRecord, memberIdOf } from '../sidekick/shared/record.ts';
import type { ClusterView, MemberView } from './cluster.ts';
import { knownOf } from './known.ts';
import { listing } from './list.ts';
import { BORN, host, keysOf, livedKeys, NOW, recordOf, settings } from './operator-testing.ts';
import { planRetire } from './retire.ts';

const id = (n: number) => n.toString(16).padStart(16, '0');

function member(n: number, changes: Partial<MemberView> = {}): MemberView {
  return {
    id: id(n),
    name: `etcd-${n}`,
    peerUrls: [`http://10.0.0.${n}:2380`],
    clientUrls: [`http://10.0.0.${n}:2379`],
    isLearner: false,
    at: `http://10.0.0.${n}:2380`,
    healthy: true,
    health: 'healthy',
    raftIndex: 100n,
    ...changes,
  };
}

const dead = { healthy: false, health: 'connect ECONNREFUSED', raftIndex: -1n };

interface Changes extends Partial<ClusterView> {
  record?: ClusterRecord;
  values?: Record<string, string>;
}

/** Host N, which holds member N on its disk. */
const holder = (n: number, changes: Parameters<typeof host>[1] = {}) =>
  host(n, { ...changes, meta: { state: 'member', member: id(n), ...changes.meta } });

/** Members 1 to `size`, all healthy on hosts that are alive; 1 leads. */
function view(
  size: number,
  { record, values = {}, ...changes }: Changes = {},
  members: Record<number, Partial<MemberView>> = {},
) {
  const numbers = Array.from({ length: size }, (_, index) => index + 1);
  const made = record ?? recordOf(...numbers);
  const hosts = changes.hosts ?? numbers.map((n) => holder(n));
  const keys = keysOf({ ...livedKeys(made), ...values });
  const known = knownOf(settings, keys, hosts, undefined, NOW);
  if ('why' in known) throw new Error(known.why);
  return {
    clusterId: made.cluster_id,
    members: numbers.map((n) => member(n, members[n] ?? {})),
    leader: id(1),
    doubt: undefined,
    via: 'http://10.0.0.1:2380',
    keys,
    known,
    odd: [],
    ...changes,
    hosts,
  } satisfies ClusterView;
}

function plan(seen: ClusterView, wanted: string, size = 3) {
  const planned = planRetire(seen, { ...settings, size }, wanted);
  if ('plan' in planned) return planned.plan;
  return planned.refused.map(({ about, why, remedy }) => `${about}: ${why}. ${remedy}`).join('\n');
}

const retired = (n: number) => ({ [`etcd3/mycluster/retired/disk-${n}`]: `etcd-${n}` });

const refused = test.macro<[seen: ClusterView, wanted: string, why: RegExp]>((t, seen, wanted, why) => {
  const planned = plan(seen, wanted);
  t.regex(typeof planned === 'string' ? planned : planned.lines.join('\n'), why);
  t.is(typeof planned, 'string');
});

test('a member that follows: its disk is marked, nobody else need lead', (t) => {
  const planned = plan(view(3), 'etcd-2');
  if (typeof planned === 'string') return t.fail(planned);
  const expected = { incarnation: 'disk-2', successor: undefined, size: 2 };
  t.like(planned, { ...expected, afterwards: 'the host of etcd-2 may be ended' });
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
  t.is(planned.via, 'http://10.0.0.3:2380');
  t.true(planned.lines.includes('  leads     it does; etcd-3 leads from then on'));
});

test('shrinking to the size of the spec makes room for nobody, except for a host of the larger size', (t) => {
  const planned = plan(view(4), 'etcd-4');
  if (typeof planned === 'string') return t.fail(planned);
  t.false(planned.lines.some((line) => line.includes('joins')));
  const hosts = [...view(4).hosts, host(5, { meta: { size: '5' } })];
  const other = plan(view(4, { hosts }), 'etcd-4');
  t.true(typeof other !== 'string' && other.lines.some((line) => line.includes('etcd-5 joins in its place')));
  const marked = plan(view(4, { hosts, values: retired(5) }), 'etcd-4');
  t.false(typeof marked === 'string' || marked.lines.some((line) => line.includes('joins')));
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

test("D9: a new host at a dead member's address, or in its name, is not marked", (t) => {
  const at = { address: '10.0.0.3', peerUrl: 'http://10.0.0.3:2380' };
  for (const state of ['empty', 'launched', 'member']) {
    const elsewhere = state === 'empty' ? '' : 'e'.repeat(16);
    for (const n of [9, 3]) {
      const taken = host(n, { ...at, meta: { state, member: elsewhere, incarnation: 'another' } });
      const planned = plan(view(3, { hosts: [holder(1), holder(2), taken] }, { 3: dead }), 'etcd-3');
      if (typeof planned === 'string') return t.fail(planned);
      t.is(planned.incarnation, undefined, `${state} ${n}`);
      t.notRegex(planned.lines.join('\n'), /another/);
    }
  }
  const { member: _, ...old } = host(9).meta;
  const empty = { ...host(9, at), meta: old };
  const planned = plan(view(3, { hosts: [holder(1), holder(2), empty] }, { 3: dead }), 'etcd-3');
  t.is(typeof planned === 'string' ? planned : planned.incarnation, undefined, 'of old, when hosts did not say');
});

test('of old hosts do not say which member they hold: the one with data at its peer URL', (t) => {
  const { member: _, ...meta } = holder(3).meta;
  const old = { ...holder(3), meta };
  const planned = plan(view(3, { hosts: [holder(1), holder(2), old] }), 'etcd-3');
  t.is(typeof planned === 'string' ? planned : planned.incarnation, 'disk-3');
});

test('a member whose disk was wiped at its place: that disk, not the one that is there now', (t) => {
  const meta = { state: 'empty', member: '', former: id(3), wiped: 'disk-3', incarnation: 'new-3' };
  const planned = plan(view(3, { hosts: [holder(1), holder(2), host(3, { meta })] }, { 3: dead }), 'etcd-3');
  t.is(typeof planned === 'string' ? planned : planned.incarnation, 'disk-3');
});

test('a host of another name may hold it', (t) => {
  const planned = plan(view(3, { hosts: [holder(1), holder(2), holder(3, { node: 'renamed' })] }), 'renamed');
  t.is(typeof planned === 'string' ? planned : planned.incarnation, 'disk-3');
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
  view(2, { hosts: [host(3)], values: retired(3) }),
  'etcd-3',
  /retired already, and no member. Its host may be ended/,
);
test('the last one', refused, view(1), 'etcd-1', /without etcd-1 0 healthy voters are left, and 1 need 1/);
test('doubt', refused, view(3, { doubt: { why: 'doubt', remedy: 'mend' } }), 'etcd-1', /mycluster: doubt\. mend/);
test('no leader', refused, view(3, { leader: undefined }), 'etcd-1', /it has no leader/);
test(
  'another one is dead',
  refused,
  view(3, {}, { 3: dead }),
  'etcd-1',
  /etcd-3: it is not healthy.*retire SPEC etcd-3\n.*1 healthy voters are left, and 3 need 2/,
);
test('another one of five is dead', refused, view(5, {}, { 3: dead }), 'etcd-1', /^etcd-3: it is not healthy[^\n]*$/);
test('two of four are dead', refused, view(4, {}, { 3: dead, 4: dead }), 'etcd-4', /2 healthy voters .* 4 need 3/);
test('of two the dead one', refused, view(2, {}, { 2: dead }), 'etcd-2', /1 healthy voters are left, and 2 need 2/);
test('another one joins', refused, view(4, {}, { 4: { isLearner: true } }), 'etcd-1', /etcd-4: it is joining/);
const everywhere = (size: number, health: string) =>
  Object.fromEntries(Array.from({ length: size }, (_, n) => [n + 1, { healthy: false, health, raftIndex: 9n }]));
test(
  "W11: etcd's authentication is on",
  refused,
  view(3, {}, everywhere(3, "etcd's authentication is on: etcdserver: user name is empty")),
  'etcd-1',
  /^mycluster: etcd's authentication is on.*auth disable/,
);
test(
  'W11: an alarm NOSPACE',
  refused,
  view(3, {}, everywhere(3, 'alarm NOSPACE')),
  'etcd-1',
  /^mycluster: alarm NOSPACE\. .*compact and defragment.*alarm disarm/,
);
test('the one with the alarm CORRUPT may go', (t) => {
  const ill = { 3: { healthy: false, health: 'alarm CORRUPT', raftIndex: 9n } };
  t.not(typeof plan(view(3, {}, ill), 'etcd-3'), 'string');
});
test(
  'a living member that no host says it holds',
  refused,
  view(3, { hosts: view(3).hosts.slice(0, 2) }),
  'etcd-3',
  /its disk cannot be marked/,
);
test(
  'two hosts that say that they hold it',
  refused,
  view(3, { hosts: [...view(3).hosts, host(9, { meta: { state: 'member', member: id(3) } })] }),
  'etcd-3',
  /etcd-3 and etcd-9 both say that they hold it, on different disks/,
);

test('garbage and odd entries keep nobody from anything, and are told of', (t) => {
  const odd = [{ about: 'an entry', why: 'no address', remedy: '' }];
  const seen = view(3, { values: { 'etcd3/mycluster/bootstrap': '{' }, odd });
  const planned = plan(seen, 'etcd-2');
  if (typeof planned === 'string') return t.fail(planned);
  t.regex(planned.lines.join('\n'), /beside it +etcd3\/mycluster\/bootstrap cannot be read.*\n +an entry: no address/);
  t.regex(listing(seen).join('\n'), /beside it: etcd3\/mycluster\/bootstrap cannot be read/);
});

test('the list shows members, hosts and what is neither', (t) => {
  const four = [holder(1), holder(2), host(4), host(5, { alive: false, meta: { state: 'member', member: id(5) } })];
  const seen = view(
    3,
    { hosts: four, values: { ...retired(2), ...retired(5) } },
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
  const record = makeRecord(recordOf(1).members, 't', BORN);
  const doubtful = { ...seen, doubt: { why: 'why', remedy: '' }, leader: undefined, known: { ...seen.known, record } };
  const lines = listing(doubtful);
  t.true(lines.includes('no leader'));
  t.true(lines.includes('in doubt: why'));
  t.regex(lines.join('\n'), /: NOT [0-9a-f]{16}/);
  const nothing = { ...seen, known: { ...seen.known, record: undefined } };
  t.regex(listing(nothing).join('\n'), /Consul has no record/);
});

test('another lineage beside it is named', (t) => {
  const other = makeRecord(recordOf(7, 8, 9).members, 'other', BORN);
  const at = lineageKey('mycluster', other.cluster_id);
  t.throws(() => view(3, { values: { [at]: JSON.stringify(other) } }), { message: /2 clusters of this name/ });
});

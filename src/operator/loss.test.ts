import test from 'ava';
import { lineageKey, recordKey } from '../sidekick/shared/keys.ts';
import { makeRecord } from '../sidekick/shared/record.ts';
import { saidEmpty } from './account.ts';
import type { Host } from './hosts.ts';
import { candidatesOf, knownIn, reasonsAgainstCandidates, reasonsAgainstLoss, type Situation } from './loss.ts';
import type { Reason } from './operator-error.ts';
import { BORN, host, keysOf, listOf, livedKeys, recordOf, settings, situation, wiped } from './operator-testing.ts';

const hosts = (...changes: Partial<Host>[]) => [1, 2, 3].map((n, index) => wiped(n, changes[index] ?? {}));
const born = recordOf(1, 2, 3);

function knownOf(seen: Situation, lineage?: string) {
  const known = knownIn(settings, seen, lineage);
  if ('why' in known) throw new Error(known.why);
  return known;
}

/** Of an operator who has said of each host that says that its disk is empty that it is. */
function against(seen: Situation, lost: string[] = [], lineage?: string): Reason[] {
  const known = knownOf(seen, lineage);
  const words = [...saidEmpty(known, seen.hosts, seen.keys, settings), ...lost];
  return reasonsAgainstLoss(seen, known, settings, words);
}

const about = (...args: Parameters<typeof against>) => against(...args).map((reason) => reason.about);

const one = test.macro<[seen: Situation, lost: string[], about: string, why: RegExp, remedy?: RegExp]>(
  (t, seen, lost, expected, why, remedy) => {
    const reasons = against(seen, lost);
    t.deepEqual(
      reasons.map((reason) => reason.about),
      [expected],
      JSON.stringify(reasons),
    );
    t.regex(reasons[0]?.why ?? '', why);
    t.regex(reasons[0]?.remedy ?? '', remedy ?? /./);
  },
);

test('nothing speaks against it when all are there, each seen to be wiped at its place', (t) => {
  t.deepEqual(against(situation()), []);
});

test('nor when they still have the disks that the record lists, or the members that the list has, without data', (t) => {
  const launched = [1, 2, 3].map((n) => host(n, { meta: { state: 'launched' } }));
  t.deepEqual(against(situation({ hosts: launched })), []);
  const list = listOf(born, { id: '00000000000000aa', n: 4 });
  const keys = keysOf(livedKeys(born, list));
  const fourth = host(4, { meta: { state: 'launched', member: '00000000000000aa' } });
  t.deepEqual(against(situation({ keys, hosts: [...launched, fourth] })), []);
  const gone = host(4, { meta: { former: '00000000000000aa', wiped: 'disk-4', incarnation: 'new-4' } });
  t.deepEqual(against(situation({ keys, hosts: [...launched, gone] })), []);
});

test('D7: hosts of the old names whose disks are others are not the members', (t) => {
  const renewed = [1, 2, 3].map((n) => host(n, { meta: { incarnation: `new-${n}` } }));
  const seen = situation({ hosts: renewed });
  const reasons = against(seen);
  t.deepEqual(
    reasons.map((reason) => reason.about),
    ['etcd-1', 'etcd-2', 'etcd-3'],
  );
  t.regex(reasons[0]?.why ?? '', /is not accounted for: no host has its disk; the disk of etcd-1 is another \(new-1\)/);
  t.regex(reasons[0]?.remedy ?? '', /--lost etcd-1$/);
  t.deepEqual(about(seen, ['etcd-1', 'etcd-3']), ['etcd-2']);
  t.deepEqual(against(seen, ['etcd-1', 'etcd-2', 'etcd-3']), []);
});

test('D7: the disk of another member is not proof for this one', (t) => {
  const swapped = [wiped(1, { meta: { wiped: 'disk-2' } }), wiped(2), wiped(3)];
  t.deepEqual(about(situation({ hosts: swapped })), ['etcd-1']);
});

test('D10: voters who joined after the birth and are off', (t) => {
  const list = listOf(born, { id: '00000000000000aa', n: 4 }, { id: '00000000000000bb', n: 5 });
  const seen = situation({ keys: keysOf(livedKeys(born, list)) });
  t.deepEqual(about(seen), ['etcd-4', 'etcd-5']);
  t.deepEqual(about(seen, ['etcd-4']), ['etcd-5']);
  t.deepEqual(against(seen, ['etcd-4', '00000000000000bb']), []);
});

test('D10: where nobody has published a list, machines that have left Consul have to be named', (t) => {
  const keys = keysOf({ [recordKey('mycluster')]: JSON.stringify(born) });
  const departed = [
    { node: 'etcd-4', address: '10.0.0.4', alive: false },
    { node: 'etcd-1', address: '10.0.0.1', alive: false },
  ];
  const seen = situation({ keys, departed });
  const [reason, ...more] = against(seen);
  t.is(more.length, 0);
  t.is(reason?.about, 'etcd-4');
  t.regex(reason?.why ?? '', /10\.0\.0\.4.*may have been a member: no member has ever published/);
  t.deepEqual(against(seen, ['etcd-4']), []);
  t.deepEqual(against(situation({ departed })), [], 'the list says who was a member');
});

test('two members of one name are told apart by their IDs', (t) => {
  const list = listOf(born, { id: '00000000000000aa', n: 3 });
  const seen = situation({ keys: keysOf(livedKeys(born, list)), hosts: [wiped(1), wiped(2)] });
  const ids = list.members.filter(({ name }) => name === 'etcd-3').map(({ id }) => id);
  t.deepEqual(about(seen), ids);
  t.deepEqual(about(seen, ['etcd-3']), [...ids, 'etcd-3']);
  t.deepEqual(against(seen, ids), []);
});

test(
  'a host with data',
  one,
  situation({ hosts: hosts({ meta: { state: 'member', cid: 'a'.repeat(16) } }) }),
  ['etcd-1'],
  'etcd-1',
  /data of cluster aaaaaaaaaaaaaaaa/,
  /etcd-register-server/,
);
test(
  'D5: remains of data',
  one,
  situation({ hosts: hosts({}, { meta: { state: 'remains' } }) }),
  ['etcd-2'],
  'etcd-2',
  /\/var\/lib\/etcd\/member on it holds remains/,
  /\/var\/lib\/etcd\/member\/snap\/db on etcd-2/,
);
test(
  'D6: a volume that is not mounted',
  one,
  situation({ hosts: hosts({}, {}, { meta: { state: 'missing', wiped: 'disk-3' } }) }),
  ['etcd-3'],
  'etcd-3',
  /its volume is missing/,
  /Is its volume mounted on etcd-3\?.*place\.json/,
);
test(
  'a host whose etcd answers, whatever it has registered',
  one,
  situation({ answers: { '10.0.0.2:2380': 'answers' } }),
  ['etcd-2'],
  'etcd-2',
  /listens at its peer port 10\.0\.0\.2:2380/,
);
test(
  'a host out of reach from here',
  one,
  situation({ answers: { '10.0.0.3:2380': 'silent' } }),
  [],
  'etcd-3',
  /cannot be reached from here/,
  /on one of the hosts/,
);
test(
  'a host that is not alive, though its disk was empty',
  one,
  situation({ hosts: hosts({}, { alive: false }) }),
  [],
  'etcd-2',
  /not alive.*`empty`/,
  /--lost etcd-2/,
);
test(
  'a host outside the list that is not alive and has data',
  one,
  situation({ hosts: [...hosts(), host(4, { alive: false, meta: { state: 'member' } })] }),
  [],
  'etcd-4',
  /not alive.*`member`/,
);
test(
  'a host that says nothing of its disk',
  one,
  situation({ hosts: hosts({ meta: { state: 'other' } }) }),
  [],
  'etcd-1',
  /does not say/,
);
test(
  'a member of the list that is not registered',
  one,
  situation({ hosts: hosts().slice(0, 2) }),
  [],
  'etcd-3',
  /no host has its disk$/,
  /--lost etcd-3/,
);
test(
  'a member of the list that answers, by whatever word',
  one,
  situation({ hosts: hosts().slice(0, 2), answers: { '10.0.0.3:2380': 'answers' } }),
  ['etcd-3'],
  'etcd-3',
  /listens/,
);
test('a name that nobody knows', one, situation(), ['ectd-1'], 'ectd-1', /no such host/, /Did you mean etcd-1\?/);
test('a name with an escape', one, situation(), ['\u001b[31m'], '\\x1b[31m', /no such host/);
test(
  'W7: an entry of the catalog that no host has made',
  one,
  situation({ odd: [{ about: 'an entry', why: 'x', remedy: 'y' }] }),
  [],
  'an entry',
  /x/,
);

test('the word of the operator is enough for a machine that is gone', (t) => {
  const dead = situation({ hosts: hosts({}, {}, { alive: false, meta: { state: 'member' } }) });
  t.deepEqual(against(dead, ['etcd-3']), []);
  const absent = situation({ hosts: hosts().slice(0, 2), answers: { '10.0.0.3:2380': 'silent' } });
  t.deepEqual(against(absent, ['etcd-3']), []);
});

test('a member whose host has another name now is there by its disk', (t) => {
  t.deepEqual(against(situation({ hosts: hosts({ node: 'renamed' }) })), []);
  const taken = host(4, { address: '10.0.0.3', peerUrl: 'http://10.0.0.3:2380' });
  t.deepEqual(about(situation({ hosts: [...hosts().slice(0, 2), taken] })), ['etcd-3']);
});

test('hosts of another lineage that Consul knows are none of its business, and cannot hide a member', (t) => {
  const other = makeRecord(recordOf(7, 8, 9).members, 'other', BORN);
  const lineage = other.cluster_id;
  const keys = keysOf({ ...livedKeys(born), [lineageKey('mycluster', lineage)]: JSON.stringify(other) });
  const foreign = host(7, { meta: { state: 'member', lineage, member: '00000000000000cc' } });
  const running = { '10.0.0.7:2380': 'answers' } as const;
  const seen = situation({ keys, hosts: [...hosts(), foreign], answers: running });
  t.deepEqual(against(seen, [], born.cluster_id), []);
  t.is(candidatesOf(seen, knownOf(seen, born.cluster_id)).length, 3);
  const liar = host(3, { meta: { state: 'member', lineage } });
  const hidden = situation({ keys, hosts: [...hosts().slice(0, 2), liar] });
  t.deepEqual(about(hidden, [], born.cluster_id), ['etcd-3']);
  const unknown = host(4, { meta: { state: 'member', lineage: 'd'.repeat(16) } });
  t.deepEqual(about(situation({ hosts: [...hosts(), unknown] })), ['etcd-4']);
});

test('candidates are alive, without data and not retired', (t) => {
  const four = [...hosts({ alive: false }, { meta: { state: 'member' } }, { meta: { state: 'launched' } }), host(4)];
  const keys = keysOf({ ...livedKeys(born), 'etcd3/mycluster/retired/disk-4': 'etcd-4' });
  const seen = situation({ hosts: four, keys });
  t.deepEqual(
    candidatesOf(seen, knownOf(seen)).map(({ node }) => node),
    ['etcd-3'],
  );
});

test('candidates are of the same spec and differ in all else', (t) => {
  const whyNot = (...changes: Partial<Host>[]) =>
    reasonsAgainstCandidates(hosts(...changes), settings, 3).map((reason) => `${reason.about}: ${reason.why}`);
  t.deepEqual(whyNot(), []);
  t.regex(whyNot({ meta: { size: '5' } }).join(), /^etcd-1: it was booted for size 5 and http, .* 3 and http$/);
  t.deepEqual(reasonsAgainstCandidates(hosts({ meta: { size: '5' } }), settings), []);
  t.regex(whyNot({ meta: { scheme: 'https' } }).join(), /^etcd-1: it was booted for size 3 and https/);
  t.regex(whyNot({}, { node: 'etcd-1' }).join(), /^etcd-2-server: .* etcd-1-server .* same name/);
  t.regex(whyNot({}, { peerUrl: 'http://10.0.0.1:2380' }).join(), /same address \(http/);
  t.regex(whyNot({}, { meta: { incarnation: 'new-1' } }).join(), /same disk \(new-1\)/);
  const { incarnation: _, ...meta } = host(1).meta;
  const nameless = [{ ...host(1), meta }];
  t.regex(reasonsAgainstCandidates(nameless, settings)[0]?.why ?? '', /does not say which disk/);
});

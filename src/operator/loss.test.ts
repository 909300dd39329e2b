import test from 'ava';
import type { Host } from './catalog.ts';
import { candidatesOf, reasonsAgainstCandidates, reasonsAgainstLoss, type Situation, unknownMachines } from './loss.ts';
import { host, recordOf, settings, situation } from './operator-testing.ts';

const hosts = (...changes: Partial<Host>[]) => [1, 2, 3].map((n, index) => host(n, changes[index] ?? {}));

const against = test.macro<[seen: Situation, lost: string[], about: string, why: RegExp, remedy?: RegExp]>(
  (t, seen, lost, about, why, remedy) => {
    const reasons = reasonsAgainstLoss(seen, lost);
    t.deepEqual(
      reasons.map((reason) => reason.about),
      [about],
      JSON.stringify(reasons),
    );
    t.regex(reasons[0]?.why ?? '', why);
    t.regex(reasons[0]?.remedy ?? '', remedy ?? /./);
  },
);

test('nothing speaks against it when all are there with empty disks', (t) => {
  t.deepEqual(reasonsAgainstLoss(situation(), []), []);
  t.deepEqual(reasonsAgainstLoss(situation({ hosts: hosts({}, { meta: { state: 'launched' } }) }), []), []);
});

test(
  'a host with data',
  against,
  situation({ hosts: hosts({ meta: { state: 'member', cid: 'abc' } }) }),
  [],
  'etcd-1',
  /data of cluster abc/,
  /etcd-register-server/,
);
test(
  'a host whose etcd answers, whatever it has registered',
  against,
  situation({ answers: { '10.0.0.2:2380': 'answers' } }),
  ['etcd-2'],
  'etcd-2',
  /listens at its peer port 10\.0\.0\.2:2380/,
);
test(
  'a host out of reach from here',
  against,
  situation({ answers: { '10.0.0.3:2380': 'silent' } }),
  [],
  'etcd-3',
  /cannot be reached from here/,
  /on one of the hosts/,
);
test(
  'a host that is not alive, though its disk was empty',
  against,
  situation({ hosts: hosts({}, { alive: false }) }),
  [],
  'etcd-2',
  /not alive.*`empty`/,
  /--lost etcd-2/,
);
test(
  'a host outside the list that is not alive and has data',
  against,
  situation({ hosts: [...hosts(), host(4, { alive: false, meta: { state: 'member' } })] }),
  [],
  'etcd-4',
  /not alive.*`member`/,
);
test(
  'a host that is alive is not lost',
  against,
  situation(),
  ['etcd-1'],
  'etcd-1',
  /alive, and named as lost/,
  /Leave out --lost etcd-1/,
);
test(
  'a host that says nothing of its disk',
  against,
  situation({ hosts: hosts({ meta: { state: 'other' } }) }),
  [],
  'etcd-1',
  /does not say/,
);
test(
  'a member of the old list that is not registered',
  against,
  situation({ hosts: hosts().slice(0, 2) }),
  [],
  'etcd-3',
  /is not registered/,
  /--lost etcd-3/,
);
test(
  'a member of the old list that answers, by whatever word',
  against,
  situation({ hosts: hosts().slice(0, 2), answers: { '10.0.0.3:2380': 'answers' } }),
  ['etcd-3'],
  'etcd-3',
  /listens/,
);
test('a name that nobody knows', against, situation(), ['ectd-1'], 'ectd-1', /no such host/, /Did you mean etcd-1\?/);

test('the word of the operator is enough for a machine that is gone', (t) => {
  const dead = situation({ hosts: hosts({}, {}, { alive: false, meta: { state: 'member' } }) });
  t.deepEqual(reasonsAgainstLoss(dead, ['etcd-3']), []);
  const absent = situation({ hosts: hosts().slice(0, 2), answers: { '10.0.0.3:2380': 'silent' } });
  t.deepEqual(reasonsAgainstLoss(absent, ['etcd-3']), []);
  const departed = [{ node: 'etcd-9', address: '10.0.0.9' }];
  t.deepEqual(reasonsAgainstLoss(situation({ departed }), ['etcd-9']), []);
});

test('a member whose disk has another name now, or whose name has another disk, is registered', (t) => {
  const renamed = situation({ hosts: hosts({ node: 'renamed' }) });
  t.deepEqual(reasonsAgainstLoss(renamed, []), []);
  const taken = host(4, { address: '10.0.0.3', peerUrl: 'http://10.0.0.3:2380' });
  const replaced = situation({ hosts: [...hosts().slice(0, 2), taken] });
  t.deepEqual(
    reasonsAgainstLoss(replaced, []).map(({ about }) => about),
    ['etcd-3'],
  );
});

test('machines that Consul has forgotten are told of, except those that are known otherwise', (t) => {
  const departed = [1, 4].map((n) => ({ node: `etcd-${n}`, address: `10.0.0.${n}` }));
  t.deepEqual(unknownMachines(situation({ departed })), departed.slice(1));
  t.deepEqual(unknownMachines(situation({ departed, record: undefined, hosts: [] })), departed);
});

test('candidates are alive, without data and not retired', (t) => {
  const four = [...hosts({ alive: false }, { meta: { state: 'member' } }, { meta: { state: 'launched' } }), host(4)];
  const seen = situation({ hosts: four, retired: ['disk-4'], record: recordOf(1, 2, 3) });
  t.deepEqual(
    candidatesOf(seen).map(({ node }) => node),
    ['etcd-3'],
  );
});

test('candidates are of the same spec and differ in all else', (t) => {
  const whyNot = (...changes: Partial<Host>[]) =>
    reasonsAgainstCandidates(hosts(...changes), settings, 3).map(({ about, why }) => `${about}: ${why}`);
  t.deepEqual(whyNot(), []);
  t.regex(whyNot({ meta: { size: '5' } }).join(), /^etcd-1: it was booted for size 5 and http, .* 3 and http$/);
  t.deepEqual(reasonsAgainstCandidates(hosts({ meta: { size: '5' } }), settings), []);
  t.regex(whyNot({ meta: { scheme: 'https' } }).join(), /^etcd-1: it was booted for size 3 and https/);
  t.regex(whyNot({}, { node: 'etcd-1' }).join(), /^etcd-2-server: .* etcd-1-server .* same name/);
  t.regex(whyNot({}, { peerUrl: 'http://10.0.0.1:2380' }).join(), /same address \(http/);
  t.regex(whyNot({}, { meta: { incarnation: 'disk-1' } }).join(), /same disk \(disk-1\)/);
});

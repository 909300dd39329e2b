import test from 'ava';
import { type HostBoot, JournalReader, type Known, type Problem } from './boot.ts';
import { exampleJournals, memberJournal, TestJournal } from './journal-testing.ts';
import { STEPS } from './steps.ts';

function read(lines: readonly string[], known?: Known): HostBoot | Problem {
  const reader = new JournalReader('a.json', known);
  for (const line of lines) reader.add(line);
  return reader.end();
}

function boot(lines: readonly string[], known?: Known): HostBoot {
  const found = read(lines, known);
  if ('remedy' in found) throw new Error(found.message);
  return found;
}

const near = (value = Number.NaN, wanted = Number.NaN) => Math.abs(value - wanted) < 1e-3;
const [one] = exampleJournals() as [TestJournal];

test('a member of the example: every step, its name, its address, its cluster', (t) => {
  const host = boot(one.lines);
  t.deepEqual([host.name, host.address, host.role, host.gate], ['etcd-1', '10.77.0.101', 'etcd', 'new']);
  t.deepEqual([host.cluster, host.size, host.begin], ['26acdb9bcb6894b3', 3, 1_796_000_000]);
  const wanted = [7.1, 9.2, 12.8, 13.2, 13.3, 19.2, 20.3, 20.6];
  for (const [index, step] of STEPS.entries())
    t.true(near(host.steps[step], wanted[index]), `${step}: ${host.steps[step]}`);
  t.true(near(host.elected, 20.2));
  t.true(near(host.end, 20.6));
  t.deepEqual(host.remarks, []);
});

test('waits with their causes, and how long each lasted', (t) => {
  const told = boot(one.lines).waits.map(
    ({ unit, cause, seconds, times }) => `${unit}: ${cause}: ${seconds.toFixed(1)} ${times}`,
  );
  t.deepEqual(told, [
    'quorumgate-host.service: no address from metadata ec2 yet: 0.3 1',
    'quorumgate-program@etcd.service: etcd: https://artifacts.example.com/etcd-v3.7.3-linux-amd64.tar.gz: curl: (7) Failed to connect; next try in 5 s: 3.2 1',
    'etcd-register-server.service: Consul has no leader: 0.7 1',
    'etcd.service: 2 of 3 registered: etcd-1, etcd-2: 5.8 1',
  ]);
});

test('causes that take turns are told once each, with all their time; what waits still says so', (t) => {
  const journal = new TestJournal('etcd-1').starting(1, 'quorumgate-host.service');
  const causes = ['Consul has no leader', '2 of 3 registered'];
  for (let at = 2; at < 1002; at += 1) journal.says(at, 'etcd.service', `waiting: ${causes[at % 2]}`, 'etcd-ready');
  const { waits } = boot(journal.lines);
  t.deepEqual(
    waits.map(({ cause, times, isOpen }) => [cause, times, isOpen]),
    [
      ['Consul has no leader', 500, false],
      ['2 of 3 registered', 500, true],
    ],
  );
  t.true(waits.every(({ spans }) => spans.length <= 100));
  t.true(near(waits[0]?.seconds, 500));
  t.deepEqual([waits[0]?.spans[0]?.[0], waits[0]?.spans.at(-1)?.[1]], [2, 1001], 'bars from the first to the last');
});

test('a refusal and a failure are waits too; a line once more of the same cause is no second wait', (t) => {
  const journal = new TestJournal('etcd-1')
    .starting(1, 'quorumgate-host.service')
    .says(2, 'etcd.service', 'refusing: an operator has retired this host', 'etcd-ready')
    .says(3, 'etcd.service', 'refusing: an operator has retired this host', 'etcd-ready')
    .says(5, 'etcd.service', 'failed: waiting: the disk is elsewhere', 'etcd-ready')
    .says(6, 'etcd.service', 'etcd has its data here: starting', 'etcd-ready');
  const host = boot(journal.lines);
  t.deepEqual(
    host.waits.map(({ cause, seconds, times }) => [cause, seconds, times]),
    [
      ['refusing: an operator has retired this host', 3, 1],
      ['failed: waiting: the disk is elsewhere', 1, 1],
    ],
  );
  t.is(host.gate, 'data');
});

test('units that end and are started again are counted', (t) => {
  const journal = new TestJournal('etcd-1').starting(1, 'quorumgate-host.service');
  for (const at of [2, 3, 4]) journal.restarts(at, 'etcd.service');
  journal.restarts(5, 'consul.service').restarts(6, 'sshd.service');
  t.deepEqual(boot(journal.lines).remarks, [
    'Units that ended and were started again: etcd.service (3), consul.service (1).',
  ]);
});

test('what comes after it is up is no part of the boot', (t) => {
  const journal = memberJournal(1, {
    configured: 1,
    consul: 2,
    programs: 3,
    leader: 4,
    registered: 5,
    gate: 6,
    etcd: 7,
    up: 8,
  })
    .says(9000, 'etcd-register-client.service', 'waiting: no healthy quorum answers', 'etcd-register')
    .started(9001, 'etcd-cluster.target');
  const host = boot(journal.lines);
  t.is(host.steps.up, 8);
  t.false(host.waits.some(({ cause }) => cause.startsWith('no healthy quorum')));
});

test('a server of Consul alone is up once it has a leader', (t) => {
  const journal = new TestJournal('consul-server-1')
    .starting(2, 'quorumgate-host.service')
    .started(4, 'consul.service')
    .says(6, 'consul.service', '2026-12-01T10:11:12.131Z [INFO]  agent.server: cluster leadership acquired', 'consul')
    .says(60, 'consul-rejoin.service', 'waiting: nothing');
  const host = boot(journal.lines);
  t.deepEqual([host.role, host.end, host.waits], ['consul-server', 6, []]);
});

test('seconds count from the start of the clock, from the first line in a container, from the lab where it knows', (t) => {
  const times = { configured: 1, consul: 2, programs: 3, leader: 4, registered: 5, gate: 6, etcd: 7, up: 8 };
  const inContainer = memberJournal(1, times, 1_796_000_000, 500_000).lines;
  const host = boot(inContainer);
  t.true(host.isByJournal);
  t.true(near(host.steps.up, 7.1), 'the first line came after 0.9 s');
  t.true(near(boot(inContainer, { startedAt: 500_000 }).steps.up, 8));
});

test('a clock that is set while the host boots: seconds are those of the other clock, and it is said', (t) => {
  const lines = one.lines.map((line, index) =>
    index < 8 ? line.replace(/"__REALTIME_TIMESTAMP":"1796/, '"__REALTIME_TIMESTAMP":"1696') : line,
  );
  const host = boot(lines);
  t.true(near(host.steps.configured, 7.1));
  t.is(host.begin, 1_796_000_000);
  t.regex(host.remarks.join(), /Its clock was set by 100000000\.0 s/);
});

test('of several boots the last that has units of ours', (t) => {
  const times = { configured: 1, consul: 2, programs: 3, leader: 4, registered: 5, gate: 6, etcd: 7, up: 8 };
  const other = new TestJournal('etcd-1', 1_796_000_900).raw(1, { MESSAGE: 'rescue' });
  const lines = [
    ...memberJournal(1, { ...times, up: 9 }).lines,
    ...memberJournal(1, times, 1_796_000_500).lines,
    ...other.lines,
  ];
  const host = boot(lines);
  t.is(host.steps.up, 8);
  t.deepEqual(host.remarks, ['The journal has 3 boots; this is the last one with units of ours.']);
});

test('only systemd itself says what systemd does', (t) => {
  const forged = {
    _PID: '77',
    _SYSTEMD_UNIT: 'user@1000.service',
    UNIT: 'etcd-cluster.target',
    MESSAGE_ID: '39f53479d3a045ac8e11786248231fbf',
  };
  const journal = new TestJournal('etcd-1').starting(1, 'quorumgate-host.service').raw(2, { ...forged, MESSAGE: 'up' });
  t.is(boot(journal.lines).steps.up, undefined);
});

test('hostile lines: broken, enormous, deep, of other types, bytes for text', (t) => {
  const journal = new TestJournal('etcd-1').starting(1, 'quorumgate-host.service');
  const cause = 'waiting: <script>alert(1)</script>\u001b[2J\u202etxt\u0000 \ud800 & "x"';
  journal.says(2, 'etcd.service', [...Buffer.from(cause)], 'etcd-ready');
  journal.says(3, 'etcd.service', `waiting: ${'x'.repeat(1_000_000)}`, 'etcd-ready');
  journal.says(4, 'etcd.service', ['waiting: the first of two', 'the second'], 'etcd-ready');
  journal.says(5, 'etcd.service', null, 'etcd-ready');
  journal.says(6, 'etcd.service', { waiting: 1 }, 'etcd-ready');
  journal.says(7, 'etcd.service', [{}, 'waiting: no'], 'etcd-ready');
  const broken = [
    '{',
    '[]',
    'null',
    '7',
    '"x"',
    '['.repeat(100_000),
    '{"MESSAGE":"waiting: x"}',
    '{"__MONOTONIC_TIMESTAMP":"1e99","__REALTIME_TIMESTAMP":"-1"}',
    '\u0000',
  ];
  const host = boot([...journal.lines, ...broken, '', ' ']);
  t.deepEqual(host.remarks, [`${broken.length} of ${journal.lines.length + broken.length} lines could not be read.`]);
  t.is(host.waits[0]?.cause, '<script>alert(1)</script> [2J txt \u{fffd} & "x"');
  t.is(host.waits[1]?.cause.length, 300);
  t.is(host.waits[2]?.cause, 'the first of two');
  t.is(host.waits.length, 3);
});

test('any number of causes takes no more room than some', (t) => {
  const journal = new TestJournal('etcd-1').starting(1, 'quorumgate-host.service');
  for (let at = 2; at < 500; at += 1) journal.says(at, 'etcd.service', `waiting: cause ${at}`, 'etcd-ready');
  const host = boot(journal.lines);
  t.is(host.waits.length, 60);
  t.regex(host.remarks.join(), /438 waits more/);
});

for (const [title, lines, message] of [
  ['empty', [], /^a\.json is empty\.$/],
  ['only blank lines', ['', '  '], /^a\.json is empty\.$/],
  ['no JSON', ['Dec 01 10:00:00 etcd-1 systemd[1]: Started', 'x'], /is no journal in JSON: none of its 2 lines is/],
  [
    'no unit of ours',
    new TestJournal('db-1').started(3, 'etcd.service').says(4, 'sshd.service', 'waiting: x').lines,
    /has no line of a unit of quorumgate's, in 2 lines/,
  ],
] as const)
  test(`no report of a journal: ${title}`, (t) => {
    const found = read(lines);
    t.true('remedy' in found);
    if (!('remedy' in found)) return;
    t.regex(found.message, message);
    t.regex(found.remedy, /journalctl -b -o json/);
  });

test('no report of a journal: truncated', (t) => {
  const reader = new JournalReader('a.json');
  const cut = `${one.lines[0]}\n${one.lines[1]}`.slice(0, -40).split('\n');
  let isCut = false;
  for (const line of cut) isCut = !reader.add(line);
  const found = reader.end(isCut);
  t.like(found, { message: 'a.json ends in the middle of line 2: it is truncated.' });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { prometheusRule } from './alert.ts';
import { specOf } from './example-testing.ts';
import { defaultOptions } from './options.ts';

// Each alert in Prometheus' own hands: which of them fire on which series, and no other.
const PROMTOOL = fileURLToPath(new URL('../../node_modules/.cache/quorumgate/promtool', import.meta.url));
const checked = existsSync(PROMTOOL) ? test : test.skip;

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-rules-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const spec = specOf('tls');
const { spec: rules } = prometheusRule(spec, defaultOptions(spec));
writeFileSync(join(folder, 'rules.yaml'), JSON.stringify(rules));

function promtool(...args: string[]) {
  return spawnSync(PROMTOOL, args, { cwd: folder, encoding: 'utf8' });
}

type Series = Record<string, string>;
const DAY = 86_400;
/** A value that stays, and one that grows, minute by minute for two hours. */
const steady = (value: number) => `${value}+0x120`;
const growing = (step: number) => `0+${step}x120`;

const at = (metric: string, instance: string, more = '', cluster = 'mycluster') =>
  `${metric}{job="etcd",etcd_cluster="${cluster}",instance="${instance}"${more}}`;

/** All the calls of a minute in the one bucket below `le`. */
function histogram(name: string, instance: string, le: string): Series {
  const bounds = ['0.008', '0.064', '0.128', '0.256', '0.512', '1.024', '+Inf'];
  const below = (bound: string) => (bound === '+Inf' ? false : Number(bound) < Number(le));
  return Object.fromEntries(
    bounds.map((bound) => [at(`${name}_bucket`, instance, `,le="${bound}"`), growing(below(bound) ? 0 : 60)]),
  );
}

const FSYNC = 'etcd_disk_wal_fsync_duration_seconds';
const COMMIT = 'etcd_disk_backend_commit_duration_seconds';
const HEALTHY: Series = Object.assign(
  {},
  ...['a', 'b', 'c'].map((one) => ({
    [at('up', one)]: steady(1),
    [at('etcd_server_has_leader', one)]: steady(1),
    [at('etcd_server_leader_changes_seen_total', one)]: steady(1),
    [at('etcd_mvcc_db_total_size_in_bytes', one)]: steady(50),
    [at('etcd_server_quota_backend_bytes', one)]: steady(100),
    [`probe_ssl_earliest_cert_expiry{job="blackbox",etcd_cluster="mycluster",instance="${one}"}`]: steady(90 * DAY),
    ...histogram(FSYNC, one, '0.008'),
    ...histogram(COMMIT, one, '0.064'),
  })),
);

const expiry = (one: string) =>
  `probe_ssl_earliest_cert_expiry{job="blackbox",etcd_cluster="mycluster",instance="${one}"}`;
const without = (pattern: RegExp) =>
  Object.fromEntries(Object.entries(HEALTHY).filter(([name]) => !pattern.test(name)));
const other = (metric: string, value: number) => ({ [at(metric, 'z', '', 'other')]: steady(value) });

const CASES: [what: string, series: Series, firing: string[], minute?: number][] = [
  ['all is well', HEALTHY, []],
  ['one member is down', { ...HEALTHY, [at('up', 'c')]: steady(0) }, ['EtcdMemberDown']],
  ['one member has just gone down', { ...HEALTHY, [at('up', 'c')]: '1+0x59 0+0x60' }, [], 63],
  [
    'two members are down',
    { ...HEALTHY, [at('up', 'b')]: steady(0), [at('up', 'c')]: steady(0) },
    ['EtcdMemberDown', 'EtcdQuorumLost'],
  ],
  ['a member is scraped no more', without(/^up.*"c"/), ['EtcdMemberDown']],
  ['nobody is scraped', without(/^up/), ['EtcdMemberDown', 'EtcdQuorumLost']],
  ['a member sees no leader', { ...HEALTHY, [at('etcd_server_has_leader', 'b')]: steady(0) }, ['EtcdNoLeader']],
  [
    'the leader changes each two minutes',
    { ...HEALTHY, [at('etcd_server_leader_changes_seen_total', 'a')]: growing(0.5) },
    ['EtcdLeaderChanges'],
  ],
  ['the leader changes once', { ...HEALTHY, [at('etcd_server_leader_changes_seen_total', 'a')]: '1+0x55 2+0x60' }, []],
  ['a disk is slow', { ...HEALTHY, ...histogram(FSYNC, 'a', '0.256') }, ['EtcdSlowFsync']],
  ['a disk is very slow', { ...HEALTHY, ...histogram(FSYNC, 'a', '1.024') }, ['EtcdSlowFsync', 'EtcdVerySlowFsync']],
  ['a disk is good enough', { ...HEALTHY, ...histogram(FSYNC, 'a', '0.064') }, []],
  ['commits are slow', { ...HEALTHY, ...histogram(COMMIT, 'a', '0.512') }, ['EtcdSlowCommit']],
  [
    'a database is large',
    { ...HEALTHY, [at('etcd_mvcc_db_total_size_in_bytes', 'a')]: steady(85) },
    ['EtcdDatabaseNearQuota'],
  ],
  [
    'a database is full',
    { ...HEALTHY, [at('etcd_mvcc_db_total_size_in_bytes', 'a')]: steady(96) },
    ['EtcdDatabaseFull', 'EtcdDatabaseNearQuota'],
  ],
  ['a certificate has three weeks', { ...HEALTHY, [expiry('b')]: steady(21 * DAY) }, ['EtcdCertificateExpiresSoon']],
  [
    'a certificate has five days',
    { ...HEALTHY, [expiry('b')]: steady(5 * DAY) },
    ['EtcdCertificateExpires', 'EtcdCertificateExpiresSoon'],
  ],
  ['nobody watches the certificates', without(/^probe/), ['EtcdCertificateNotWatched']],
  ['another cluster is ill', { ...HEALTHY, ...other('up', 0), ...other('etcd_server_has_leader', 0) }, []],
];

function judge(cases: readonly (typeof CASES)[number][]) {
  const tests = cases.map(([name, series, firing, minute = 100]) => {
    const input_series = Object.entries(series).map(([one, values]) => ({ series: one, values }));
    const exp_samples = [...firing].sort().map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 }));
    // The name as a comment: promtool shows the expression of what is not so.
    const expr = `max by (alertname) (ALERTS{alertstate="firing"}) # ${name}`;
    return { interval: '1m', input_series, promql_expr_test: [{ expr, eval_time: `${minute}m`, exp_samples }] };
  });
  writeFileSync(
    join(folder, 'test.yaml'),
    JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests }),
  );
  return promtool('test', 'rules', 'test.yaml');
}

checked('each alert fires on what it is for, and on nothing else', (t) => {
  const { status, stdout, stderr } = judge(CASES);
  t.is(status, 0, stdout + stderr);
});

checked('a verdict that is not so is refused', (t) => {
  const { status, stderr } = judge([['all is well, or so', HEALTHY, ['EtcdNoLeader']]]);
  t.is(status, 1);
  t.regex(stderr, /all is well, or so[\s\S]*EtcdNoLeader/);
});

checked('promtool reads the rules, and says so of bad ones', (t) => {
  const { status, stdout } = promtool('check', 'rules', 'rules.yaml');
  t.is(status, 0, stdout);
  t.regex(stdout, /12 rules found/);
  writeFileSync(join(folder, 'bad.yaml'), JSON.stringify(rules).replace('== 0', '== )'));
  t.not(promtool('check', 'rules', 'bad.yaml').status, 0);
});

test('every alert is in a case that fires it', (t) => {
  const named = rules.groups?.flatMap((group) => group.rules?.map(({ alert }) => alert) ?? []);
  t.deepEqual([...new Set(CASES.flatMap(([, , firing]) => firing))].sort(), [...(named ?? [])].sort() as string[]);
});

test('a cluster without TLS has no alerts about certificates', (t) => {
  const plain = specOf('plain');
  t.notRegex(JSON.stringify(prometheusRule(plain, defaultOptions(plain))), /Certificate/);
});

test('the bounds are those of the size', (t) => {
  const five = { ...spec, cluster: { ...spec.cluster, size: 5 } };
  const text = JSON.stringify(prometheusRule(five, defaultOptions(five)));
  t.regex(text, /vector\(0\)\) < 5"/);
  t.regex(text, /vector\(0\)\) < 3"/);
});

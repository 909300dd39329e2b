import test from 'ava';
import { ETCD_SETTINGS, ownerOf } from '../../version/etcd-settings.ts';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';
import { SMALLEST } from '../reference.ts';

const specWith = (settings: string, version = '3.7.3') =>
  SMALLEST.replace(/etcd:\n {2}version: .*\n/, `etcd: {version: ${version}, settings: {${settings}}}\n`);

/** Each diagnostic as `code: marked text`. */
const finds = test.macro<[settings: string, ...expected: string[]]>({
  exec(t, settings, ...expected) {
    const { diagnostics } = readSpec(specWith(settings), 'cluster.yaml', ['aws']);
    const found = marked(diagnostics);
    t.deepEqual(found, expected);
  },
  title: (_, settings, ...expected) => `${expected.join(', ') || 'nothing'} in {${settings}}`,
});

test(finds, '');
test(finds, 'quota-backend-bytes: 8589934592, snapshot-count: 5000, metrics: extensive, pre-vote: false');
test(
  finds,
  'auto-compaction-mode: periodic, auto-compaction-retention: 8h, log-level: warn, cors: "https://a.b,https://c:8080"',
);
test(finds, 'heartbeat-interval: 300, election-timeout: 1500');
test(finds, 'election-timeout: 50000');
test(finds, 'heartbeat-interval: 300', 'election-timeout: 300');
test(finds, 'election-timeout: 499', 'election-timeout: 499');
test(finds, 'election-timeout: 50001', 'election-timeout: 50001');
test(finds, 'heartbeat-interval: 20000', 'election-timeout: 20000');
test(finds, 'quota: 1', 'unknown-key: quota');
test(finds, '--data-dir: /x', 'setting-owned: --data-dir');
test(finds, 'data-dir: /x', 'setting-owned: data-dir');
test(finds, 'unsafe-no-fsync: true', 'setting-owned: unsafe-no-fsync');
test(finds, 'experimental-corrupt-check-time: 1h', 'setting-owned: experimental-corrupt-check-time');
test(finds, 'snapshot-count: 0', 'out-of-range: 0');
test(finds, 'pre-vote: maybe', 'wrong-type: maybe');
test(finds, 'corrupt-check-time: soon', 'bad-format: soon');
test(finds, 'cors: a.b', 'bad-format: a.b');
test(finds, 'auth-token: "a b"', 'bad-format: "a b"');
test(finds, 'host-whitelist: "$(id)"', 'bad-format: "$(id)"');
test(finds, 'metrics: all', 'not-one-of: all');

test('a flag that came later is refused with the version that has it', (t) => {
  const text = specWith('max-txn-ops: 10, corrupt-check-time: 1h', '3.5.35');
  const [found, ...more] = readSpec(text, 'cluster.yaml', ['aws']).diagnostics;
  t.deepEqual(more, []);
  t.is(found?.code, 'setting-unknown');
  t.is(found?.message, 'etcd 3.5.35 has no `--corrupt-check-time`: it came with 3.6.0.');
});

test('no flag may be set and is owned', (t) => {
  t.deepEqual(
    Object.keys(ETCD_SETTINGS).filter((flag) => ownerOf(flag) !== undefined),
    [],
  );
});

import test from 'ava';
import { readSpec } from '../read.ts';

const LINES = {
  version: 'version: 1',
  cluster: 'cluster: {name: mycluster, size: 3}',
  targets: 'targets: [aws]',
  address: 'address: {metadata: ec2}',
  consul: 'consul: {servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster]}',
  etcd: 'etcd: {version: 3.7.3}',
  tls: 'tls: off',
};
type Changes = Partial<Record<keyof typeof LINES | 'programs' | 'allow', string>>;

const read = (changes: Changes, excuse?: string) =>
  readSpec(`${Object.values({ ...LINES, ...changes }).join('\n')}\n`, 'cluster.yaml', ['aws'], excuse);

/** Each diagnostic as `severity code: marked text`. */
const finds = test.macro<[changes: Changes, ...expected: string[]]>({
  exec(t, changes, ...expected) {
    const found = read(changes).diagnostics.map(({ severity, code, place }) => {
      const { lineText = '', column = 0, length = 0 } = place ?? {};
      return `${severity} ${code}: ${lineText.slice(column - 1, column - 1 + length)}`;
    });
    t.deepEqual(found, expected);
  },
  title: (_, changes, ...expected) => `${expected.join(', ') || 'nothing'} in ${Object.values(changes).join(' / ')}`,
});

const etcd = (version: string) => ({ etcd: `etcd: {version: ${version}}` });
const consul = (version: string) => ({ consul: `consul: {servers: existing, join: [a], version: ${version}}` });
const allow = (text: string) => ({ allow: `allow: {${text}}` });
const url = 'https://x/consul_2.0.3_linux_amd64.zip';
const fetched = { programs: `programs: {consul: {url: "${url}", sha256: ${'ab'.repeat(32)}}}` };

test(finds, { ...etcd('3.5.35'), ...consul('2.1.0') });
test(finds, etcd('3.5.32'), 'error etcd-insecure: 3.5.32');
test(finds, etcd('3.6.10'), 'error etcd-faulty: 3.6.10', 'error etcd-insecure: 3.6.10');
test(finds, etcd('3.5.2'), 'error etcd-corrupts: 3.5.2');
test(finds, consul('2.0.3'), 'error consul-insecure: 2.0.3');
test(finds, consul('1.21.5'), 'error consul-insecure: 1.21.5', 'error consul-unsupported: 1.21.5');
test(finds, fetched, `error consul-insecure: "${url}"`);
test(finds, { ...fetched, ...consul('2.1.0') }, 'warning version-contradicts-url: 2.1.0');

// Allowed.
test(finds, { ...etcd('3.5.32'), ...allow('etcd-insecure: b c') }, 'warning etcd-insecure: 3.5.32');
test(finds, allow('etcd-insecure: b'), 'warning allow-unneeded: etcd-insecure');
test(finds, { ...allow('etcd-insecure: b'), ...etcd('x') }, 'error bad-format: x');
test(
  finds,
  { ...etcd('3.5.2'), ...allow('etcd-corrupts: b') },
  'error etcd-corrupts: 3.5.2',
  'error allow-impossible: etcd-corrupts',
);
test(finds, allow('size-even: b'), 'error allow-impossible: size-even');
test(finds, allow('etcd-insecur: b'), 'error unknown-key: etcd-insecur');
for (const bad of ['""', '" "', '" a"', '"a\\nb"']) {
  test(
    finds,
    { ...etcd('3.5.32'), ...allow(`etcd-insecure: ${bad}`) },
    'error etcd-insecure: 3.5.32',
    `error bad-format: ${bad}`,
  );
}
test(finds, { allow: 'allow: {etcd-insecure: }' }, 'error wrong-type: etcd-insecure');
test(finds, { allow: 'allow: [etcd-insecure]' }, 'error wrong-type: [etcd-insecure]');

test('what is allowed says why, compiles, and needs no other version', (t) => {
  const { spec, diagnostics } = read({ ...etcd('3.5.32'), ...allow('etcd-insecure: behind mutual TLS') });
  t.is(spec?.etcd.version, '3.5.32');
  t.like(diagnostics[0], { severity: 'warning', pointer: '/etcd/version' });
  t.regex(diagnostics[0]?.message ?? '', /GHSA-xg4h-6gfc-h4m8.*GHSA-6vch-q96h-7gc3.*\. Allowed: behind mutual TLS$/);
});

test('the remedy names the first good version of the same line, and how to keep the one that is there', (t) => {
  const remedies = (changes: Changes) => read(changes).diagnostics.map(({ remedy }) => remedy.replace(/ Or say.*/, ''));
  t.deepEqual(remedies(etcd('3.6.10')), [
    'Use etcd 3.6.12 or newer; 3.7.3 is the newest.',
    'Use etcd 3.6.14 or newer; 3.7.3 is the newest.',
  ]);
  t.deepEqual(remedies(consul('2.0.3')), ['Use Consul 2.1.0.']);
  t.regex(read(consul('2.0.3')).diagnostics[0]?.remedy ?? '', /`allow: \{consul-insecure: REASON\}`\.$/);
});

test('an excuse allows what may be allowed, after the reasons of the spec', (t) => {
  const said = (changes: Changes) =>
    read(changes, 'it runs already').diagnostics.map(({ severity, message }) => [severity, message.split(': ').at(-1)]);
  t.deepEqual(said(etcd('3.5.32')), [['warning', 'it runs already']]);
  t.deepEqual(said({ ...etcd('3.5.32'), ...allow('etcd-insecure: b') }), [['warning', 'b']]);
  t.deepEqual(said(etcd('3.5.35')), []);
  t.is(read(etcd('3.5.2'), 'it runs already').spec, undefined);
});

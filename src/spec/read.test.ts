import test from 'ava';
import { marked } from './marked-testing.ts';
import { readSpec } from './read.ts';
import { SMALLEST } from './reference.ts';

const LINES = {
  version: 'version: 1',
  cluster: 'cluster: {name: mycluster, size: 3}',
  targets: 'targets: [aws]',
  address: 'address: {metadata: ec2}',
  consul: 'consul: {servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster]}',
  etcd: 'etcd: {version: 3.7.3}',
  tls: 'tls: off',
  programs: '',
};

const sha = 'ab'.repeat(32);
const spec = (changes: Partial<typeof LINES>) => `${Object.values({ ...LINES, ...changes }).join('\n')}\n`;

/** Each diagnostic as `code: marked text`. */
function problems(text: string): string[] {
  return marked(readSpec(text, 'cluster.yaml', ['aws']).diagnostics);
}

const finds = test.macro<[changes: Partial<typeof LINES>, ...expected: string[]]>({
  exec(t, changes, ...expected) {
    t.deepEqual(problems(spec(changes)), expected);
  },
  title: (_, changes, ...expected) => `${expected.join(', ') || 'nothing'} in ${Object.values(changes).join(' / ')}`,
});

test('the smallest spec is valid and gets its defaults', (t) => {
  const { spec: read, diagnostics } = readSpec(SMALLEST, 'cluster.yaml', ['aws']);
  t.deepEqual(diagnostics, []);
  t.is(read?.etcd.peerPort, 2380);
  t.is(read?.consul.count, 0);
});

// The schema.
test(finds, {});
test(finds, { version: '' }, 'missing-key: ');
test(finds, { version: 'version: 2' }, 'not-one-of: 2');
test(finds, { version: "version: '1'" }, "wrong-type: '1'");
test(finds, { version: 'versoin: 1' }, 'unknown-key: versoin');
test(finds, { cluster: 'cluster: {nam: x, size: 3}' }, 'unknown-key: nam');
test(finds, { cluster: 'cluster: {name: 12, size: 3}' }, 'wrong-type: 12');
test(finds, { cluster: 'cluster: {name: -x, size: 3}' }, 'bad-format: -x');
test(finds, { cluster: `cluster: {name: ${'x'.repeat(41)}, size: 3}` }, `too-long: ${'x'.repeat(41)}`);
test(finds, { cluster: 'cluster: {name: x, size: "3"}' }, 'wrong-type: "3"');
test(finds, { cluster: 'cluster: {name: x, size: 3.5}' }, 'wrong-type: 3.5');
test(finds, { cluster: 'cluster: {name: x, size: .inf}' }, 'wrong-type: .inf');
test(finds, { cluster: 'cluster: {name: x, size: 11}' }, 'out-of-range: 11');
test(finds, { cluster: 'cluster: {name: x}', programs: 'size: 3' }, 'unknown-key: size');
const key = (letter: string) => `${letter.repeat(42)}A`;
const withKeys = (...keys: string[]) => ({ cluster: `cluster: {name: x, size: 3, operatorKeys: [${keys}]}` });
test(finds, withKeys());
test(finds, withKeys(key('a'), key('-')));
test(finds, withKeys(key('a'), key('b'), key('c')), `too-many-items: [${[key('a'), key('b'), key('c')]}]`);
test(finds, withKeys(key('a'), key('a')), `repeated-item: ${key('a')}`);
// 43 characters are more bits than 32 bytes: the last one has not all values.
test(finds, withKeys('a'.repeat(43)), `bad-format: ${'a'.repeat(43)}`);
test(finds, withKeys('abc'), 'bad-format: abc');
test(finds, { cluster: 'cluster:' }, 'wrong-type: cluster');
test(finds, { cluster: 'cluster: {}' }, 'missing-key: cluster', 'missing-key: cluster');
test(finds, { targets: 'targets: aws' }, 'wrong-type: aws');
test(finds, { targets: 'targets: []' }, 'empty-list: []');
test(finds, { targets: 'targets: [aws, aws]' }, 'repeated-item: aws');
test(finds, { address: 'address: {}' }, 'choose-one: {}');
test(
  finds,
  { address: 'address: {cidr: 10.0.0.0/8, interface: eth0}' },
  'choose-one: {cidr: 10.0.0.0/8, interface: eth0}',
);
test(finds, { address: 'address: {interfase: eth0}' }, 'unknown-key: interfase');
test(finds, { address: 'address: {metadata: ec3}' }, 'not-one-of: ec3');
test(finds, { etcd: 'etcd: {version: 3.5}' }, 'wrong-type: 3.5');
test(finds, { etcd: 'etcd: {version: v3.7.3}' }, 'bad-format: v3.7.3');
test(finds, { etcd: 'etcd: {version: 3.7.3, peer_port: 1}' }, 'unknown-key: peer_port');
test(finds, { etcd: 'etcd: {version: 3.7.3, client_port: 1, peerPort: 2379}' }, 'unknown-key: client_port');
test(finds, { etcd: 'etcd: {version: 3.7.3, discovery: }' }, 'not-one-of: discovery');
test(finds, { tls: 'tls: no' }, 'not-one-of: no');
test(finds, { tls: 'tls: false' }, 'wrong-type: false');
test(finds, { tls: 'tls: {peer: {cert: /a, key: /b, ca: /c}}' }, 'missing-key: tls');
test(
  finds,
  { tls: 'tls:\n  peer: {cert: a, key: /b, ca: /c}\n  client: {cert: /a, key: /b, ca: /c/}' },
  'bad-format: a',
  'bad-format: /c/',
);
test(finds, { programs: 'programs: {etcd: pakage}' }, 'not-one-of: pakage');
test(finds, { programs: 'programs: {etcd: [1]}' }, 'wrong-type: [1]');
test(finds, { programs: `programs: {etcd: {url: "https://x/y", sha256: ${sha}}}` });
test(finds, { programs: `programs: {etcd: {url: "http://x/y", sha256: ${sha}}}` });
test(finds, { programs: 'programs: {etcd: {url: ftp://x}}' }, 'missing-key: etcd', 'bad-format: ftp://x');
test(finds, { programs: '__proto__: {a: 1}' }, 'unknown-key: __proto__');
test(finds, { programs: '1: 2' }, 'unknown-key: 1');

// Counts.
test(finds, { cluster: 'cluster: {name: x, size: 4}' }, 'size-even: 4');
test(finds, { consul: 'consul: {servers: role, join: [a]}' });
test(finds, { consul: 'consul: {servers: role, join: [a], count: 2}' }, 'consul-count-even: 2');
test(finds, { consul: 'consul: {servers: members, join: [a], count: 2}' }, 'consul-count-without-role: count');
test(finds, { consul: 'consul: {servers: members, join: [a, b, c, d]}' }, 'join-longer-than-cluster: join');
test(finds, { consul: 'consul: {servers: existing, join: [a, b, c, d]}' });
test(finds, { consul: 'consul: {servers: members, join: [a, b, c, provider=gce x=y]}' });

// Ports.
test(finds, { etcd: 'etcd: {version: 3.7.3, peerPort: 2379}' }, 'port-clash: 2379');
test(finds, { etcd: 'etcd: {version: 3.7.3, clientPort: 2380}' }, 'port-clash: 2380');
test(
  finds,
  { etcd: 'etcd: {version: 3.7.3, peerPort: 7777, clientPort: 7777, metricsPort: 7777}' },
  'port-clash: 7777',
  'port-clash: 7777',
);
for (const port of [8300, 8301, 8302, 8500, 8501, 8502, 8503, 8600]) {
  test(finds, { etcd: `etcd: {version: 3.7.3, metricsPort: ${port}}` }, `port-clash: ${port}`);
}
test(finds, { etcd: 'etcd: {version: 3.7.3, peerPort: 0, clientPort: 2380}' }, 'out-of-range: 0');
for (const name of ['peerPort', 'clientPort', 'metricsPort']) {
  test(finds, { etcd: `etcd: {version: 3.7.3, ${name}: 1023}` }, 'out-of-range: 1023');
  test(finds, { etcd: `etcd: {version: 3.7.3, ${name}: 1024}` });
}

// Addresses.
test(finds, { address: 'address: {cidr: 10.0.0.256/8}' }, 'cidr-invalid: 10.0.0.256/8');
test(finds, { address: 'address: {cidr: 10.0.0.0/33}' }, 'cidr-invalid: 10.0.0.0/33');
test(finds, { address: 'address: {cidr: 010.0.0.0/8}' }, 'cidr-invalid: 010.0.0.0/8');
test(finds, { address: 'address: {cidr: 10.0.0.5/20}' }, 'cidr-host-bits: 10.0.0.5/20');
test(finds, { address: 'address: {cidr: 10.0.16.0/20}' });
test(finds, { address: 'address: {cidr: 10.0.0.0}' }, 'bad-format: 10.0.0.0');
for (const cidr of [
  '127.0.0.0/8',
  '127.0.0.1/8',
  '169.254.1.0/24',
  '239.0.0.0/8',
  '255.255.255.255/32',
  '0.1.0.0/16',
]) {
  test(finds, { address: `address: {cidr: ${cidr}}` }, `cidr-special: ${cidr}`);
}
for (const cidr of ['126.0.0.0/7', '169.252.0.0/14', '169.253.0.0/16', '223.0.0.0/8', '1.0.0.0/8']) {
  test(finds, { address: `address: {cidr: ${cidr}}` });
}
for (const cidr of ['fd00::/8', '"::/0"', '"::ffff:10.0.0.0/104"', '2001:db8:0:0:0:0:0:1']) {
  test(finds, { address: `address: {cidr: ${cidr}}` }, `cidr-ipv6: ${cidr}`);
}

// Versions; rule/version.test.ts has what may be allowed.
const old = { allow: 'allow: {etcd-unsupported: a, etcd-insecure: b, etcd-faulty: c}' };
const allowed = (version: string) =>
  ['etcd-faulty', 'etcd-insecure', 'etcd-unsupported'].map((code) => `${code}: ${version}`);
test(finds, { etcd: 'etcd: {version: 3.3.27}' }, 'etcd-too-old: 3.3.27');
for (const version of ['3.5.33', '3.6.14', '3.7.1']) test(finds, { etcd: `etcd: {version: ${version}}` });
test(finds, { etcd: 'etcd: {version: 3.5.2}' }, 'etcd-corrupts: 3.5.2');
test(finds, { etcd: 'etcd: {version: 3.5.33, discovery: srv}' });
test(finds, { etcd: 'etcd: {version: 3.10.0}' });
test(finds, { etcd: 'etcd: {version: 3.4.45, discovery: srv}', ...old }, ...allowed('3.4.45'), 'srv-needs-tls: srv');
test(finds, { consul: 'consul: {servers: existing, join: [a], version: 1.19.1}' }, 'consul-dns-broken: 1.19.1');
test(finds, { consul: 'consul: {servers: existing, join: [a], version: 1.6.10}' }, 'consul-too-old: 1.6.10');
test(
  finds,
  { consul: 'consul: {servers: existing, join: [a], version: 2.1.0, datacenter: node}' },
  'datacenter-reserved: node',
);

// Files.
const tls = (key: string) => `tls: {peer: {cert: /a, key: ${key}, ca: /c}, client: {cert: /e, key: /f, ca: /g}}`;
test(finds, { tls: tls('/b'), etcd: 'etcd: {version: 3.4.45, discovery: srv}', ...old }, ...allowed('3.4.45'));
test(finds, { tls: tls('/a') }, 'tls-file-shared: /a');
test(finds, { tls: tls('/e') }, 'tls-file-shared: /e');
for (const [code, ...paths] of [
  [
    'data-directory-system',
    '/etc',
    '/usr/x',
    '/var/lib',
    '/opt',
    '/tmp/etcd',
    '/var/tmp/e',
    '/srv/../etc/x',
    '/run/etcd',
  ],
  ['data-directory-hidden', '/home', '/home/etcd/data', '/root/etcd', '/run/user/1000/etcd', '/srv//../home/x'],
  [
    'data-directory-taken',
    '/var/lib/consul',
    '/var/lib/consul/etcd',
    '/opt/quorumgate/etcd',
    '/etc/quorumgate',
    '/var/lib/quorumgate-etcd/x',
  ],
  ['path-not-plain', '/srv/./etcd', '/srv/x/../etcd', '//srv/etcd', '/srv//etcd', '/srv/etcd/.'],
] as const) {
  for (const path of paths) {
    test(finds, { etcd: `etcd: {version: 3.7.3, dataDirectory: ${path}}` }, `${code}: ${path}`);
  }
}
for (const path of ['/var/lib/consul2', '/opt/etcd', '/homes/etcd', '/srv/..etcd', '/srv/...']) {
  test(finds, { etcd: `etcd: {version: 3.7.3, dataDirectory: ${path}}` });
}
for (const path of [
  '/home/a',
  '/root/a',
  '/run/user/a',
  '/tmp/a',
  '/var/tmp/a',
  '/proc/a',
  '/sys/a',
  '/dev/a',
  '/run/etcd/a',
  '/x/../tmp/a',
]) {
  test(finds, { tls: tls(path) }, `tls-file-hidden: ${path}`);
}
test(finds, { tls: tls('/etc//x') }, 'path-not-plain: /etc//x');
test(finds, { tls: tls('/run/credentials/x') });
test(
  finds,
  { tls: 'tls:\n  peer: {cert: /tmp/a, key: /tmp/b, ca: /tmp/c}\n  client: {cert: /tmp/d, key: /tmp/e, ca: /tmp/f}' },
  ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `tls-file-hidden: /tmp/${name}`),
);
test(finds, { etcd: 'etcd: {version: 3.7.3, dataDirectory: /srv/etcd}' });
test(
  finds,
  { programs: `programs: {etcd: {url: "https://x/y", sha256: ${sha}}, node: {url: "https://x/z", sha256: ${sha}}}` },
  `sha256-shared: ${sha}`,
);

const advises = test.macro<[changes: Partial<typeof LINES>, remedy: RegExp]>({
  exec(t, changes, remedy) {
    const { diagnostics } = readSpec(spec(changes), 'cluster.yaml', ['aws']);
    t.is(diagnostics.length, 1);
    t.regex(diagnostics[0]?.remedy ?? '', remedy);
  },
  title: (_, changes, remedy) => `${remedy} for ${Object.values(changes).join(' / ')}`,
});
test(advises, { etcd: '' }, /^Add it, for example `etcd: \{version: 3\.7\.3\}`\./);
test(advises, { tls: '' }, /`secrets: image`/);
test(advises, { cluster: 'cluster: {name: x}' }, /`size: 3`/);
test(advises, { address: 'address: {}' }, /^Add exactly one of: `interface`/);
test(advises, { address: 'address: {cidr: 10.0.0.0/8, interface: eth0}' }, /^Keep exactly one of/);
test(advises, { cluster: 'cluster: {name: x, size: 0}' }, /^Use 1, 3, 5, 7 or 9\.$/);
test(advises, { consul: 'consul: {servers: role, count: 8, join: [a]}' }, /^Use 1, 3, 5 or 7\.$/);
test(advises, { etcd: 'etcd: {version: 3.7.3, clientPort: 443}' }, /from 1024 to 65535: etcd may not use/);
test(advises, { version: 'version: 2' }, /^Write `1`\.$/);
test(advises, { consul: 'consul: {servers: nobody, join: [a]}' }, /^Use one of: `members`, `role`, `existing`\.$/);
test(advises, { programs: `programs: {etcd: {url: "https://x/y", sha: ${sha}}}` }, /^Write `sha256`/);
test(advises, { tls: tls('/tmp/my.key') }, /`\/etc\/etcd\/my\.key`/);

test('a misspelt word gets a suggestion, and a misplaced key its home', (t) => {
  const { diagnostics } = readSpec(spec({ tls: 'tls: Off', programs: 'datacentre: x\nsize: 3' }), 'cluster.yaml', [
    'aws',
  ]);
  t.deepEqual(
    diagnostics.map(({ suggestion }) => suggestion),
    ['off', undefined, undefined],
  );
  t.regex(diagnostics[2]?.remedy ?? '', /`size` belongs under `cluster`/);
});

test('places fall back to what is written', (t) => {
  const { place } = readSpec(SMALLEST, 'cluster.yaml', ['aws']);
  t.like(place('/etcd/peerPort'), { line: 12, column: 1, length: 4 });
  t.like(place('/etcd/version'), { line: 13, column: 12, length: 5 });
  t.like(place('/etcd/version', 'key'), { line: 13, column: 3, length: 7 });
  t.like(place('/consul/join/0', 'key'), { line: 11, column: 7 });
  t.like(place('/nothing/at/all'), { line: 1, column: 1 });
});

test('the longest names still fit into a DNS name of 253 characters', (t) => {
  const [cluster, datacenter, domain] = [40, 40, 60].map((length) => 'x'.repeat(length));
  t.true(`_etcd-server-ssl._tcp.${cluster}.etcd3.service.${datacenter}.${domain}`.length <= 253);
});

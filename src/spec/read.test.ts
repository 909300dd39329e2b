import test from 'ava';
import { readSpec } from './read.ts';
import { SMALLEST } from './reference.ts';

const LINES = {
  version: 'version: 1',
  cluster: 'cluster: {name: mycluster, size: 3}',
  targets: 'targets: [aws]',
  address: 'address: {metadata: ec2}',
  consul: 'consul: {servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster]}',
  etcd: 'etcd: {version: 3.5.16}',
  tls: 'tls: off',
  programs: '',
};

const sha = 'ab'.repeat(32);
const spec = (changes: Partial<typeof LINES>) => `${Object.values({ ...LINES, ...changes }).join('\n')}\n`;

/** Each finding as `code: marked text`. */
function findings(text: string): string[] {
  return readSpec(text, 'cluster.yaml', ['aws']).diagnostics.map(({ code, place }) => {
    const { lineText = '', column = 0, length = 0 } = place ?? {};
    return `${code}: ${lineText.slice(column - 1, column - 1 + length)}`;
  });
}

const finds = test.macro<[changes: Partial<typeof LINES>, ...expected: string[]]>({
  exec(t, changes, ...expected) {
    t.deepEqual(findings(spec(changes)), expected);
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
test(finds, { etcd: 'etcd: {version: v3.5.16}' }, 'bad-format: v3.5.16');
test(finds, { etcd: 'etcd: {version: 3.5.16, peer_port: 1}' }, 'unknown-key: peer_port');
test(finds, { etcd: 'etcd: {version: 3.5.16, client_port: 1, peerPort: 2379}' }, 'unknown-key: client_port');
test(finds, { etcd: 'etcd: {version: 3.5.16, discovery: }' }, 'not-one-of: discovery');
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
test(finds, { etcd: 'etcd: {version: 3.5.16, peerPort: 2379}' }, 'port-clash: 2379');
test(finds, { etcd: 'etcd: {version: 3.5.16, clientPort: 2380}' }, 'port-clash: 2380');
test(
  finds,
  { etcd: 'etcd: {version: 3.5.16, peerPort: 7, clientPort: 7, metricsPort: 7}' },
  'port-clash: 7',
  'port-clash: 7',
);
for (const port of [53, 8300, 8301, 8302, 8500, 8600]) {
  test(finds, { etcd: `etcd: {version: 3.5.16, metricsPort: ${port}}` }, `port-clash: ${port}`);
}
test(finds, { etcd: 'etcd: {version: 3.5.16, peerPort: 0, clientPort: 2380}' }, 'out-of-range: 0');

// Addresses.
test(finds, { address: 'address: {cidr: 10.0.0.256/8}' }, 'cidr-invalid: 10.0.0.256/8');
test(finds, { address: 'address: {cidr: 10.0.0.0/33}' }, 'cidr-invalid: 10.0.0.0/33');
test(finds, { address: 'address: {cidr: 010.0.0.0/8}' }, 'cidr-invalid: 010.0.0.0/8');
test(finds, { address: 'address: {cidr: 10.0.0.5/20}' }, 'cidr-host-bits: 10.0.0.5/20');
test(finds, { address: 'address: {cidr: 10.0.16.0/20}' });
test(finds, { address: 'address: {cidr: 10.0.0.0}' }, 'bad-format: 10.0.0.0');

// Joining.
const joining = (entry: string) => ({ consul: `consul: {servers: existing, join: [${entry}]}` });
test(finds, joining('10.0.0.5, consul.example.com, "10.0.0.6:8301", provider=aws tag_key=a tag_value=b'));
test(finds, joining('"[::1]:8301"'), 'join-ipv6: "[::1]:8301"');
test(finds, joining('fe80::1'), 'join-ipv6: fe80::1');
test(finds, joining('10.0.0.300'), 'join-address: 10.0.0.300');
test(finds, joining('"host:99999"'), 'join-address: "host:99999"');
test(finds, joining('a b'), 'join-address: a b');
test(finds, joining('provider=aws'), 'join-aws-tags: provider=aws');
test(finds, joining('provider=aws tag_key=x'), 'join-aws-tags: provider=aws tag_key=x');
test(finds, joining('provider=aws tag_key'), 'join-provider-form: provider=aws tag_key');
test(finds, joining('tag_key=x provider=aws'), 'join-provider-form: tag_key=x provider=aws');
test(finds, joining("provider=gce tag_value='a b'"));
test(finds, joining('provider=awss a=b'), 'join-provider-unknown: provider=awss a=b');
test(finds, joining('5'), 'wrong-type: 5');
test(finds, joining('5, "[::1]"'), 'wrong-type: 5', 'join-ipv6: "[::1]"');

// Versions.
test(finds, { etcd: 'etcd: {version: 3.3.27}' }, 'etcd-too-old: 3.3.27');
test(finds, { etcd: 'etcd: {version: 3.4.0}' });
test(finds, { etcd: 'etcd: {version: 3.5.2}' }, 'etcd-corrupts: 3.5.2');
test(finds, { etcd: 'etcd: {version: 3.5.3, discovery: srv}' });
test(finds, { etcd: 'etcd: {version: 3.10.0}' });
test(finds, { etcd: 'etcd: {version: 3.4.30, discovery: srv}' }, 'srv-needs-tls: srv');
test(finds, { consul: 'consul: {servers: existing, join: [a], version: 1.19.1}' }, 'consul-dns-broken: 1.19.1');
test(finds, { consul: 'consul: {servers: existing, join: [a], version: 1.6.10}' }, 'consul-too-old: 1.6.10');
test(
  finds,
  { consul: 'consul: {servers: existing, join: [a], version: 1.19.2, datacenter: node}' },
  'datacenter-reserved: node',
);

// Files.
const tls = (key: string) => `tls: {peer: {cert: /a, key: ${key}, ca: /c}, client: {cert: /e, key: /f, ca: /c}}`;
test(finds, { tls: tls('/b'), etcd: 'etcd: {version: 3.4.30, discovery: srv}' });
test(finds, { tls: tls('/a') }, 'tls-file-shared: /a');
test(finds, { tls: tls('/e') }, 'tls-file-shared: /e');
for (const path of ['/etc', '/usr/x', '/var/lib', '/tmp/etcd', '/var/tmp/e', '/srv/../etc/x', '/run/etcd', '/boot/e']) {
  test(finds, { etcd: `etcd: {version: 3.5.16, dataDirectory: ${path}}` }, `data-directory-system: ${path}`);
}
test(finds, { etcd: 'etcd: {version: 3.5.16, dataDirectory: /srv/etcd}' });
test(
  finds,
  { programs: `programs: {etcd: {url: "https://x/y", sha256: ${sha}}, node: {url: "https://x/z", sha256: ${sha}}}` },
  `sha256-shared: ${sha}`,
);

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
  t.like(place('/etcd/version'), { line: 13, column: 12, length: 6 });
  t.like(place('/etcd/version', 'key'), { line: 13, column: 3, length: 7 });
  t.like(place('/consul/join/0', 'key'), { line: 11, column: 7 });
  t.like(place('/nothing/at/all'), { line: 1, column: 1 });
});

test('the longest names still fit into a DNS name of 253 characters', (t) => {
  const [cluster, datacenter, domain] = [40, 40, 60].map((length) => 'x'.repeat(length));
  t.true(`_etcd-server-ssl._tcp.${cluster}.etcd3.service.${datacenter}.${domain}`.length <= 253);
});

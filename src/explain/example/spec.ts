import { type Examples, swap } from './example.ts';

const CLUSTER = 'cluster: {name: <>, size: 3}';
const SIZE = 'cluster: {name: mycluster, size: <>}';
const ADDRESS = 'address: {cidr: <>}';
const JOIN = 'consul: {servers: members, join: [<>]}';
const ETCD = 'etcd: {version: 3.7.3, <>}';
const VERSION = 'etcd: {version: <>}';
const CONSUL = 'consul: {servers: existing, join: [10.0.0.5], <>}';
const SIDEKICK = 'programs: {sidekick: {url: "<>"}}';
const TLS = (peer: string, client: string) =>
  `tls: {peer: {cert: /etc/etcd/peer.crt, key: /etc/etcd/peer.key, ca: ${peer}}, client: {cert: /etc/etcd/server.crt, key: ${client}, ca: /etc/etcd/client-ca.crt}}`;
const PEER_CA = '/etc/etcd/peer-ca.crt';
const KEY = '/etc/etcd/server.key';
/** Public halves: of the examples in RFC 8032. */
const KEYS = [
  '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
  '_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU',
];
const OLD = 'allow: {etcd-unsupported: until May, etcd-insecure: until May, etcd-faulty: until May}';

/** Of YAML, of the schema, and of what a key may not say. */
export const SPEC: Examples = {
  'yaml-syntax': swap(CLUSTER, 'mycluster', '[mycluster'),
  'yaml-tab': { wrong: ['address:', '\tcidr: 10.0.0.0/16'], right: ['address:', '  cidr: 10.0.0.0/16'] },
  'yaml-anchor': swap(CLUSTER, 'mycluster', '&name mycluster'),
  'yaml-tag': swap(CLUSTER, '"12"', '!!str 12'),
  'duplicate-key': {
    wrong: ['etcd: {version: 3.7.3}', 'etcd: {peerPort: 2380}'],
    right: ['etcd: {version: 3.7.3, peerPort: 2380}'],
  },
  'unknown-key': swap('address: {<>: eth1}', 'interface', 'interfce'),
  'missing-key': swap('cluster: {name: mycluster<>}', ', size: 3', ''),
  'wrong-type': swap(SIZE, '3', '"3"'),
  'not-one-of': swap('address: {metadata: <>}', 'ec2', 'alibaba'),
  'bad-format': swap(VERSION, '3.7.3', 'v3.7.3'),
  'out-of-range': swap(SIZE, '7', '11'),
  'empty-list': swap('targets: [<>]', 'aws', ''),
  'repeated-item': swap('targets: [<>]', 'aws', 'aws, aws'),
  'choose-one': swap('address: {<>cidr: 10.0.0.0/16}', '', 'interface: eth1, '),
  'size-even': swap(SIZE, '3', '4'),
  'consul-count-without-role': swap('consul: {servers: <>, join: [10.0.0.5], count: 3}', 'role', 'members'),
  'consul-count-even': swap('consul: {servers: role, join: [10.0.0.5], count: <>}', '3', '2'),
  'join-longer-than-cluster': swap(JOIN, '10.0.0.5, 10.0.0.6, 10.0.0.7', '10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8'),
  'port-clash': swap(ETCD, 'peerPort: 2380', 'peerPort: 2379'),
  'cidr-invalid': swap(ADDRESS, '10.0.0.0/16', '10.0.0.256/16'),
  'cidr-ipv6': swap(ADDRESS, '10.0.0.0/16', '"fd00::/8"'),
  'cidr-special': swap(ADDRESS, '10.0.0.0/16', '127.0.0.0/8'),
  'cidr-host-bits': swap(ADDRESS, '10.0.0.0/20', '10.0.0.5/20'),
  'join-provider-form': swap(JOIN, 'provider=aws tag_key=etcd tag_value=x', 'provider=aws tag_key'),
  'join-aws-tags': swap(JOIN, 'provider=aws tag_key=etcd tag_value=x', 'provider=aws tag_key=etcd'),
  'join-ipv6': swap(JOIN, '10.0.0.5', '"fd00::5"'),
  'join-address': swap(JOIN, '10.0.0.5', '10.0.0.256'),
  'setting-owned': swap(ETCD, 'peerPort: 2390', 'settings: {initial-cluster-token: x}'),
  'setting-unknown': swap('etcd: {version: <>, settings: {compaction-batch-limit: 1000}}', '3.7.3', '3.5.35'),
  'election-timeout': swap(ETCD, 'settings: {election-timeout: 1000}', 'settings: {election-timeout: 200}'),
  'etcd-corrupts': swap(VERSION, '3.7.3', '3.5.2'),
  'etcd-too-old': swap(VERSION, '3.7.3', '3.3.27'),
  'etcd-unsupported': swap(VERSION, '3.7.3', '3.4.38'),
  'consul-insecure': swap(CONSUL, 'version: 2.1.0', 'version: 2.0.2'),
  'name-without-metadata': {
    wrong: ['address: {cidr: 10.0.0.0/16}', 'name: instance'],
    right: ['address: {metadata: ec2}', 'name: instance'],
  },
  'datacenter-reserved': swap(CONSUL, 'datacenter: dc1', 'datacenter: service'),
  'consul-tls-version': swap(
    CONSUL,
    'version: 2.1.0, tls: {ca: /etc/consul-tls/ca.crt}',
    'tls: {ca: /etc/consul-tls/ca.crt}',
  ),
  'tls-ca-shared': { wrong: [TLS('/etc/etcd/client-ca.crt', KEY)], right: [TLS(PEER_CA, KEY)] },
  'tls-file-shared': { wrong: [TLS(PEER_CA, '/etc/etcd/server.crt')], right: [TLS(PEER_CA, KEY)] },
  'tls-file-hidden': { wrong: [TLS(PEER_CA, '/root/server.key')], right: [TLS(PEER_CA, KEY)] },
  'path-not-plain': swap(ETCD, 'dataDirectory: /srv/etcd', 'dataDirectory: /srv//etcd'),
  'data-directory-hidden': swap(ETCD, 'dataDirectory: /srv/etcd', 'dataDirectory: /home/etcd'),
  'data-directory-system': swap(ETCD, 'dataDirectory: /srv/etcd', 'dataDirectory: /usr'),
  'program-credentials': swap(
    SIDEKICK,
    'https://example.com/etcd-sidekick.cjs',
    'https://me:secret@example.com/etcd-sidekick.cjs',
  ),
  'sidekick-without-hash': swap(
    SIDEKICK,
    'https://example.com/etcd-sidekick.cjs',
    'https://example.com/etcd-sidekick-x64',
  ),
  'image-missing': swap(ETCD, 'runtime: service', 'runtime: static-pod'),
  'kubernetes-unneeded': { wrong: ['kubernetes: {mode: standalone}'], right: [] },
  'allow-unneeded': { wrong: ['allow: {etcd-insecure: no longer so}'], right: [] },
  'allow-impossible': { wrong: ['allow: {size-even: we like it}'], right: [] },
  'target-unknown': swap('targets: [<>]', 'aws', 'solaris'),
  'spec-blank': swap('cluster: {name:<>mycluster, size: 3}', ' ', '\u00a0'),
  'yaml-too-deep': swap(SIZE, '3', `${'['.repeat(24)}3${']'.repeat(24)}`),
  'yaml-several-documents': { wrong: ['--- {}'], right: [] },
  'yaml-alias': swap(CLUSTER, 'mycluster', '*name'),
  'yaml-merge-key': swap('etcd: {version: 3.7.3, <>}', 'peerPort: 2390', '<<: {peerPort: 2390}'),
  'yaml-key': swap('etcd: {version: 3.7.3, <>: 2390}', 'peerPort', '[peerPort]'),
  'spec-empty': { wrong: ['# nothing but this'], right: [], whole: true },
  'spec-not-mapping': { wrong: ['- version: 1', '- targets: [aws]'], right: [], whole: true },
  'too-long': swap(CLUSTER, 'mycluster', 'the-cluster-of-the-shop-in-its-first-region'),
  'too-many-items': swap(
    'cluster: {name: mycluster, size: 3, operatorKeys: [<>]}',
    `${KEYS[0]}, ${KEYS[1]}`,
    KEYS.join(', '),
  ),
  'operator-key-invalid': swap(
    'cluster: {name: mycluster, size: 3, operatorKeys: [<>]}',
    KEYS[0] ?? '',
    'A'.repeat(43),
  ),
  'spec-secret': swap(
    CONSUL,
    'settings: {limits: {http_max_conns_per_client: 400}}',
    'settings: {limits: {token: 01234567-89ab-cdef-0123-456789abcdef}}',
  ),
  'srv-needs-tls': {
    wrong: ['etcd: {version: 3.4.45, discovery: srv}', OLD],
    right: ['etcd: {version: 3.4.45, discovery: committed}', OLD],
  },
  'etcd-insecure': swap(VERSION, '3.7.3', '3.6.5'),
  'etcd-faulty': swap(VERSION, '3.7.3', '3.6.5'),
  'consul-dns-broken': swap(CONSUL, 'version: 2.1.0', 'version: 1.19.1'),
  'consul-too-old': swap(CONSUL, 'version: 2.1.0', 'version: 1.6.10'),
  'consul-unsupported': swap(CONSUL, 'version: 2.1.0', 'version: 1.21.5'),
  'join-provider-unknown': swap(
    JOIN,
    'provider=aws tag_key=etcd tag_value=x',
    'provider=awss tag_key=etcd tag_value=x',
  ),
  'join-aws-ecs': swap(
    JOIN,
    'provider=aws tag_key=etcd tag_value=x',
    'provider=aws tag_key=etcd tag_value=x service=ecs',
  ),
  'join-aws-option': swap(
    JOIN,
    'provider=aws tag_key=etcd tag_value=x region=eu-west-1',
    'provider=aws tag_key=etcd tag_value=x regoin=eu-west-1',
  ),
  'join-secret': swap(
    JOIN,
    'provider=os tag_key=etcd tag_value=x user_name=a',
    'provider=os tag_key=etcd tag_value=x user_name=a password=b',
  ),
  'volume-unneeded': swap(ETCD, 'volume: {mount: true}', 'volume: {mount: true, filesystem: xfs}'),
  'data-directory-taken': swap(ETCD, 'dataDirectory: /srv/etcd', 'dataDirectory: /var/lib/consul/etcd'),
};

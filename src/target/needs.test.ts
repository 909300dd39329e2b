import test from 'ava';
import { compile } from '../compile.ts';
import { loadAssets } from '../io/assets.ts';
import { WITHOUT_PROGRAMS } from '../spec/reference.ts';

const assets = { ...(await loadAssets()), sidekicks: { 'etcd-sidekick': '#!/x\n' } };
const hash = '0'.repeat(64);

/** Each need as `kind role: items`. */
function needsOf(text: string): string[] {
  const { needs, report, diagnostics } = compile(text, { file: 'x', assets });
  for (const { text: said } of needs) if (!report.includes(`before a host boots, ${said}`)) throw new Error(said);
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new Error(JSON.stringify(diagnostics));
  const others = needs.filter(({ kind }) => kind !== 'network');
  return others.map(({ kind, role = 'all', items }) => `${kind} ${role}: ${items.join(' ')}`);
}

const on = (target: string, text = WITHOUT_PROGRAMS) =>
  text
    .replace('targets: [aws]', `targets: [${target}]`)
    .replace('metadata: ec2', 'cidr: 192.168.56.0/24')
    .replace(/- provider=.*/, '- 192.168.56.101');
const PORTS = 'port etcd: tcp 2379 tcp 2380 tcp 8300 tcp 8301 udp 8301';

test('programs by how they come, rights, and ports', (t) => {
  const url = `{url: "https://a.example/b/c.tar.gz?x=y", sha256: "${hash}"}`;
  t.deepEqual(
    needsOf(`${WITHOUT_PROGRAMS}programs: {consul: ${url}}\nenvironment: {httpsProxy: "http://p:1"}\n`),
    [
      'right etcd: ec2:DescribeInstances',
      'image etcd: etcd',
      'package etcd: socat node',
      'fetch etcd: https://a.example',
      PORTS,
    ].map((line) => line.replace('right etcd', 'right all')),
  );
  const { report } = compile(`${WITHOUT_PROGRAMS}environment: {httpsProxy: "http://p:1"}\n`, { file: 'x', assets });
  t.true(report.some((line) => line.endsWith('install from their distribution: socat, node, by http://p:1')));
});

test('what nothing secures is said each time', (t) => {
  const open = (text: string) => {
    const compiled = compile(text, { file: 'x', assets });
    t.deepEqual(
      compiled.diagnostics.filter(({ severity }) => severity === 'error'),
      [],
    );
    const [first, ...more] = compiled.needs.filter(({ kind }) => kind === 'network');
    t.is(more.length, 0);
    return first?.items.join();
  };
  const text = on('hetzner');
  t.is(open(text), 'etcd,Consul');
  t.is(open(text.replace('servers: members', 'servers: existing')), 'etcd', 'that one others look after');
  const all = text
    .replace('tls: off', 'secrets: image')
    .replace('servers: members', 'servers: members\n  version: 2.1.0');
  t.is(open(all), undefined);
  const half = `tls:
  peer: {cert: /etc/etcd/peer.crt, key: /etc/etcd/peer.key, ca: /etc/etcd/peer-ca.crt}
  client: {cert: /etc/etcd/server.crt, key: /etc/etcd/server.key, ca: /etc/etcd/client-ca.crt}`;
  t.is(open(text.replace('tls: off', half)), 'Consul');
  const off = (line: string) => open(all.replace('servers: members', `servers: members\n  ${line}`));
  t.is(off('encrypt: off'), "Consul's gossip");
  t.is(off('tls: off'), "what Consul's agents ask its servers");
  t.is(off('tokens: off'), 'Consul');
  t.is(open(`${all}tls: off\n`), 'etcd');
});

test('systems without a package manager have it all in their image', (t) => {
  t.deepEqual(needsOf(`${on('flatcar')}programs: {node: image}\n`), ['image etcd: consul etcd node socat', PORTS]);
  t.deepEqual(needsOf(`${on('hetzner')}programs: {node: image}\n`), [
    'image etcd: consul etcd node',
    'package etcd: socat',
    PORTS,
  ]);
});

test('boxes on one machine have no ports to open', (t) => {
  t.deepEqual(needsOf(on('vagrant')), ['image etcd: consul etcd', 'package etcd: socat node']);
});

test('files that the spec names and does not bring, filesystems, and a Consul that is there', (t) => {
  const tls = `tls:
  peer: {cert: /etc/etcd/peer.crt, key: /etc/etcd/peer.key, ca: /etc/etcd/peer-ca.crt}
  client: {cert: /etc/etcd/server.crt, key: /etc/etcd/server.key, ca: /etc/etcd/client-ca.crt}
extra:
  etcd:
    files: [{path: /etc/etcd/peer-ca.crt, content: x}]
    mounts: [{path: /srv/a, device: /dev/vdb}, {path: /srv/b, device: "nfs:/b"}]
`;
  const existing = on('hetzner').replace(
    'servers: members',
    'servers: existing\n  encrypt: /etc/consul-secrets/gossip',
  );
  t.deepEqual(needsOf(existing.replace('tls: off\n', tls)), [
    'consul all: 192.168.56.101',
    'image etcd: consul etcd',
    'package etcd: socat node',
    'file etcd: /etc/etcd/peer.crt /etc/etcd/peer.key /etc/etcd/server.crt /etc/etcd/server.key /etc/etcd/client-ca.crt /etc/consul-secrets/gossip',
    'device etcd: /dev/vdb',
    PORTS.replace(' tcp 8300', ''),
  ]);
});

test('each role has its own', (t) => {
  const text = on('hetzner')
    .replace('servers: members', 'servers: role\n  count: 3')
    .replace('192.168.56.101', '192.168.56.11');
  t.deepEqual(
    needsOf(text).filter((line) => line.includes('consul-server')),
    ['image consul-server: consul', 'package consul-server: socat', 'port consul-server: tcp 8300 tcp 8301 udp 8301'],
  );
});

test('images of pods are pulled, and what cannot be written needs nothing', (t) => {
  const pod = on('hetzner').replace('3.7.3', `3.7.3\n  runtime: static-pod\n  image: "r.example/etcd@sha256:${hash}"`);
  t.true(needsOf(pod).includes('fetch etcd: r.example/etcd'));
  t.deepEqual(compile('version: 1', { file: 'x', assets }).needs, []);
});

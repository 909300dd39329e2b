import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import type { Spec } from '../../spec/defaults.ts';
import { withDefaults } from '../../spec/defaults-testing.ts';
import { WITHOUT_PROGRAMS } from '../../spec/reference.ts';
import type { SpecInput } from '../../spec/schema/schema.ts';
import type { Artifact } from '../image/program/artifacts.ts';
import { OFFERS, offerFor, upstreamVersion } from '../image/program/debian.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostsOf, networkOf } from '../network/addresses.ts';
import { overlay, STAND_INS } from './overlay.ts';

const consul: Artifact = { program: 'consul', version: '1.8.7', file: 'consul-1.8.7.tar.gz', sha256: 'a'.repeat(64) };
const etcd: Artifact = { program: 'etcd', version: '3.5.16', file: 'etcd-3.5.16.tar.gz', sha256: 'b'.repeat(64) };
const options = { targets: ['aws'], consul, etcd };

function spec(changes: Partial<SpecInput> = {}): Spec {
  return withDefaults({
    version: 1,
    cluster: { name: 'x', size: 3 },
    targets: ['aws'],
    address: { cidr: '10.1.2.0/24' },
    consul: { servers: 'members', join: ['10.1.2.101', '10.1.2.102', '10.1.2.103'] },
    etcd: { version: '3.5.16' },
    tls: 'off',
    ...changes,
  });
}

test('what has no route out comes from the lab, and each change is told', (t) => {
  const cloud = spec({
    address: { metadata: 'ec2' },
    consul: { servers: 'members', join: ['provider=aws tag_key=a'] },
  });
  const { spec: changed, changes } = overlay(cloud, options);
  t.deepEqual(changed.address, { cidr: '10.77.0.0/24' });
  t.deepEqual(changed.consul.join, ['10.77.0.101', '10.77.0.102', '10.77.0.103']);
  t.deepEqual(changed.programs.etcd, { url: 'http://10.77.0.1/etcd-3.5.16.tar.gz', sha256: etcd.sha256 });
  t.is(changed.programs.node, 'image');
  t.deepEqual(changes, [
    'address: {"metadata":"ec2"} -> {"cidr":"10.77.0.0/24"}',
    'consul.join: provider=aws tag_key=a -> 10.77.0.101, 10.77.0.102, 10.77.0.103',
    'STAND-INS, never for production: etcd 3.5.16 (etcd-insecure, etcd-faulty) and Consul 1.8.7 (consul-unsupported, consul-insecure)',
    'programs.consul: image -> http://10.77.0.1/consul-1.8.7.tar.gz',
    'programs.etcd: image -> http://10.77.0.1/etcd-3.5.16.tar.gz',
    'programs.socat: package -> image',
    'programs.node: package -> image',
  ]);
  t.deepEqual(cloud.address, { metadata: 'ec2' }, 'the original is left alone');
});

test('a proxy stays where hosts of the lab reach it', (t) => {
  const proxied = (environment: Spec['environment'] & {}) => overlay(spec({ environment }), options);
  const far = proxied({ httpProxy: 'http://p:3128', noProxy: ['a'] });
  t.is(far.spec.environment, undefined);
  t.true(far.changes.includes('environment.httpProxy: http://p:3128 -> none'));
  const own = { httpProxy: 'http://10.1.2.1:3128' };
  t.deepEqual(proxied(own).spec.environment, own);
});

test('stand-ins are said in one line, with what keeps them out of a spec', (t) => {
  const { changes } = overlay(spec(), options);
  t.deepEqual(
    changes.filter((line) => line.startsWith('STAND-INS')),
    [
      'STAND-INS, never for production: etcd 3.5.16 (etcd-insecure, etcd-faulty) and Consul 1.8.7 (consul-unsupported, consul-insecure)',
    ],
  );
  const good = { consul: { ...consul, version: '2.1.0' }, etcd: { ...etcd, version: '3.7.3' } };
  t.false(overlay(spec(), { ...options, ...good }).changes.some((line) => line.startsWith('STAND-INS')));
});

test('a spec of versions that need a reason elsewhere compiles for the lab', async (t) => {
  const assets = await loadAssets();
  const text = `${WITHOUT_PROGRAMS.replace('3.7.3', '3.5.16')}programs: {sidekick: {url: "https://x/etcd-sidekick.cjs"}}\n`;
  const refused = compile(text, { file: 'x', assets });
  t.true(refused.diagnostics.some(({ code, severity }) => code === 'etcd-faulty' && severity === 'error'));
  const { files, diagnostics } = compile(text, { file: 'x', assets, excuse: STAND_INS });
  t.true(files.length > 0);
  t.true(diagnostics.every(({ severity }) => severity === 'warning'));
});

test('Node is the image’s, unless the spec has it by URL and so has the lab', (t) => {
  t.is(overlay(spec(), options).spec.programs.node, 'image');
  const node = { file: 'node-v22.tar.xz', sha256: 'c'.repeat(64) };
  t.deepEqual(overlay(spec(), { ...options, node }).spec.programs.node, {
    url: 'http://10.1.2.1/node-v22.tar.xz',
    sha256: node.sha256,
  });
});

test('what did not fit is fetched from the lab, if there is anything', (t) => {
  const { spec: changed, changes } = overlay(spec({ documents: { baseUrl: 'https://x/y', platform: 'gce' } }), options);
  t.deepEqual(changed.documents, { baseUrl: 'http://10.1.2.1', platform: 'gce', timeout: 300 });
  t.true(changes.includes('documents.baseUrl: https://x/y -> http://10.1.2.1'), changes.join());
  t.is(overlay(spec(), options).spec.documents.baseUrl, undefined);
});

test('addresses may come from a metadata service that every host can ask', (t) => {
  const cloud = spec({ address: { metadata: 'ec2' } });
  t.deepEqual(overlay(cloud, { ...options, metadata: 'ec2' }).spec.address, { metadata: 'ec2' });
  t.deepEqual(overlay(spec(), { ...options, metadata: 'ec2' }).spec.address, { cidr: '10.1.2.0/24' });
  const guestOf = { network: networkOf({ address: { cidr: '10.1.2.0/24' } }), join: ['10.1.2.101'] };
  t.deepEqual(overlay(cloud, { ...options, metadata: 'ec2', guestOf }).spec.address, { cidr: '10.1.2.0/24' });
});

test('a single executable is served by the lab, and no Node is wanted then', (t) => {
  const own = spec({ programs: { sidekick: { url: 'https://example/s', sha256: 'd'.repeat(64) } } });
  const sidekick = { file: 'etcd-sidekick-x64-1', sha256: 'c'.repeat(64) };
  const { spec: changed, changes } = overlay(own, { ...options, sidekick });
  t.deepEqual(changed.programs.sidekick, { url: 'http://10.1.2.1/etcd-sidekick-x64-1', sha256: sidekick.sha256 });
  t.deepEqual(
    changes.filter((line) => /sidekick|node/.test(line)),
    ['programs.sidekick: https://example/s -> http://10.1.2.1/etcd-sidekick-x64-1'],
  );
});

test('a script is served by the lab, and run by the Node of its image', (t) => {
  const own = spec({ programs: { sidekick: { url: 'https://example/etcd-sidekick.cjs' } } });
  const sidekick = { file: 'etcd-sidekick-1.cjs', sha256: 'c'.repeat(64) };
  const { spec: changed, changes } = overlay(own, { ...options, sidekick });
  t.deepEqual(changed.programs.sidekick, { url: 'http://10.1.2.1/etcd-sidekick-1.cjs', sha256: sidekick.sha256 });
  t.deepEqual(
    changes.filter((line) => /sidekick|node/.test(line)),
    [
      'programs.node: package -> image',
      'programs.sidekick: https://example/etcd-sidekick.cjs -> http://10.1.2.1/etcd-sidekick-1.cjs',
    ],
  );
});

test('what is taken by release comes from the lab too, and needs no lock file', (t) => {
  const programs = {
    consul: 'release',
    etcd: 'release',
    socat: 'release',
    node: 'release',
    sidekick: 'release',
  } as const;
  const sidekick = { file: 'etcd-sidekick-x64-1', sha256: 'c'.repeat(64) };
  const { spec: changed, changes } = overlay(spec({ programs, releases: { index: 'a.json' } }), {
    ...options,
    sidekick,
  });
  t.true(changes.includes('programs.consul: release -> http://10.1.2.1/consul-1.8.7.tar.gz'));
  t.true(changes.includes('programs.sidekick: release -> http://10.1.2.1/etcd-sidekick-x64-1'));
  t.false(Object.values(changed.programs).includes('release'));
  t.is(changed.releases, undefined);
});

test("a spec's own network stays; size, version and targets are overlaid", (t) => {
  const own = spec({ etcd: { version: '3.5.30' }, targets: ['vagrant'] });
  const { spec: changed, changes } = overlay(own, { ...options, size: 5 });
  t.deepEqual(changed.address, { cidr: '10.1.2.0/24' });
  t.is(changed.cluster.size, 5);
  t.is(changed.consul.join.length, 5);
  t.is(changed.etcd.version, '3.5.16');
  t.deepEqual(changed.targets, ['aws']);
  t.true(changes.includes('cluster.size: 3 -> 5'));
  t.throws(() => overlay(own, { ...options, size: 4 }), { instanceOf: LabError });
});

test('Consul that exists elsewhere becomes one host of the lab', (t) => {
  const { spec: changed } = overlay(spec({ consul: { servers: 'existing', join: ['consul.example'] } }), options);
  t.is(changed.consul.servers, 'role');
  t.is(changed.consul.count, 1);
  t.deepEqual(changed.consul.join, ['10.1.2.11']);
  t.deepEqual(
    hostsOf(changed, networkOf(changed)).map(({ name, address }) => `${name} ${address}`),
    ['consul-server-1 10.1.2.11', 'etcd-1 10.1.2.101', 'etcd-2 10.1.2.102', 'etcd-3 10.1.2.103'],
  );
});

test('a cluster beside another has that one’s network and Consul; a lab that has changed says where its servers are', (t) => {
  const guestOf = { network: networkOf({ address: {} }), join: ['10.77.0.101'] };
  const { spec: changed, changes } = overlay(spec(), { ...options, guestOf });
  t.deepEqual(changed.address, { cidr: '10.77.0.0/24' });
  t.like(changed.consul, { servers: 'existing', count: 0, join: ['10.77.0.101'] });
  t.true(changes.includes('consul.servers: members -> existing'));
  t.is(hostsOf(changed, guestOf.network).length, 3);
  const existing = spec({ consul: { servers: 'existing', join: ['10.77.0.101'] }, address: { cidr: '10.77.0.0/24' } });
  t.false(overlay(existing, { ...options, guestOf }).changes.some((line) => /^(consul|address)/.test(line)));
  const { spec: grown } = overlay(spec(), { ...options, size: 5, join: ({ cluster }) => [`10.1.2.${cluster.size}`] });
  t.deepEqual(grown.consul.join, ['10.1.2.5']);
});

test('networks: host bits are dropped, wide ones are fine, narrow ones are refused', (t) => {
  t.deepEqual(networkOf({ address: { cidr: '10.9.8.77/24' } }), {
    cidr: '10.9.8.0/24',
    prefix: 24,
    gateway: '10.9.8.1',
  });
  const wide = networkOf({ address: { cidr: '172.16.0.0/12' } });
  t.is(hostsOf(spec(), wide)[2]?.address, '172.16.0.103');
  t.is(networkOf({ address: { cidr: '192.168.1.128/25' } }).gateway, '192.168.1.129');
  t.throws(() => networkOf({ address: { cidr: '192.168.1.0/26' } }), { instanceOf: LabError });
});

test('artifacts go by the minor line', (t) => {
  t.is(offerFor('etcd', '3.5.30')?.suite, 'trixie');
  t.is(offerFor('etcd', '3.4')?.suite, 'bookworm');
  t.is(offerFor('etcd', '3.50.0'), undefined);
  t.is(OFFERS.consul[0].line, '1.8');
  t.is(upstreamVersion('consul_1.8.7+dfsg1-2+b3_amd64.deb'), '1.8.7');
  t.is(upstreamVersion('etcd-server_1%3a3.5.16-4_amd64.deb'), '3.5.16');
});

test('what runs in pods gets its image by digest from the lab, and its kubelet no cluster to join', (t) => {
  const digest = `sha256:${'e'.repeat(64)}`;
  const pods = spec({
    etcd: { version: '3.5.16', runtime: 'static-pod', image: `x/etcd@${digest}` },
    kubernetes: { mode: 'joined' },
  });
  const { spec: changed, changes } = overlay(pods, { ...options, images: { etcd: digest } });
  t.is(changed.etcd.image, `10.1.2.1/etcd@${digest}`);
  t.is(changed.kubernetes.mode, 'stand-alone');
  t.deepEqual([changed.programs.kubelet, changed.programs.containerd], ['image', 'image']);
  const real = { file: 'abc-kubelet', sha256: 'd'.repeat(64) };
  const { programs } = overlay(pods, { ...options, images: { etcd: digest }, kubelet: real }).spec;
  t.deepEqual(programs.kubelet, { url: 'http://10.1.2.1/abc-kubelet', sha256: real.sha256 });
  t.true(changes.includes('kubernetes.mode: joined -> stand-alone'));
  t.false(changes.some((line) => line.startsWith('programs.etcd')));
});

test("hosts believe the lab's own key, beside one of the spec's at most", (t) => {
  const [own = '', first = '', second = ''] = ['o', 'a', 'b'].map((letter) => letter.repeat(43));
  const keys = (...operatorKeys: string[]) => {
    const given = spec({ cluster: { name: 'x', size: 3, operatorKeys } });
    const { spec: changed, changes } = overlay(given, { ...options, operatorKey: own });
    return [changed.cluster.operatorKeys.join(), changes.find((change) => change.startsWith('cluster.operatorKeys'))];
  };
  t.deepEqual(keys(), [own, "cluster.operatorKeys: none -> the lab's own"]);
  t.deepEqual(keys(first), [`${first},${own}`, `cluster.operatorKeys: ${first} -> ${first}, the lab's own`]);
  t.is(keys(first, second)[0], `${first},${own}`);
  t.is(keys(own)[0], own);
  t.deepEqual(overlay(spec(), options).spec.cluster.operatorKeys, []);
});

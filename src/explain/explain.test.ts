import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { compile } from '../compile.ts';
import { CODES, type Code } from '../diagnostic/codes.ts';
import { loadAssets } from '../io/assets.ts';
import { unitRows } from '../plan/units.ts';
import { SMALLEST } from '../spec/reference.ts';
import { mappings, specSchema } from '../spec/schema/tree.ts';
import { targets } from '../target/index.ts';
import { lockOf, specOf } from './example/example.ts';
import { EXAMPLES } from './example/index.ts';
import { explain, meantBy } from './explain.ts';
import type { Explained, Known } from './explained.ts';
import { WITHOUT_SPEC } from './page.ts';
import { reasonOf, unitReasons } from './reasons.ts';

const assets = await loadAssets();
const root = path.join(import.meta.dirname, '../..');
const reasons = unitReasons(readFileSync(path.join(root, 'units/README.md'), 'utf8'));
const bare: Known = { assets, reasons };
const names = targets.map(({ name }) => name).filter((name) => name !== 'compose');

const withSpec = (text: string): Known => ({
  ...bare,
  compiled: compile(text, { file: 'cluster.yaml', assets, sizes: true }),
});

for (const [code, example] of Object.entries(EXAMPLES)) {
  test(`the example of ${code}: the wrong lines have it, the right ones compile`, (t) => {
    const found = (which: 'wrong' | 'right') =>
      compile(specOf(example, which), { file: 'cluster.yaml', assets, lock: lockOf(example, which) }).diagnostics;
    t.true(
      found('wrong').some((one) => one.code === code),
      JSON.stringify(found('wrong')),
    );
    const left = found('right').filter(({ message }) => !message.includes(' Allowed: '));
    t.deepEqual(
      left.map((one) => `${one.code}: ${one.message}`),
      [],
    );
  });
}

test('every code has an example, or says why it has none', (t) => {
  for (const code of Object.keys(CODES) as Code[]) t.not(code in EXAMPLES, code in WITHOUT_SPEC, code);
});

test('every code, key and unit is explained, with and without a spec', (t) => {
  const keys = mappings(specSchema()).flatMap(({ pointer, node }) =>
    Object.keys(node.properties ?? {}).map((key) => `${pointer}/${key}`),
  );
  for (const known of [bare, withSpec(SMALLEST)]) {
    for (const code of Object.keys(CODES)) t.is(explain(code, known)[0]?.kind, 'code', code);
    for (const key of keys) t.is(explain(key, known)[0]?.kind, 'key', key);
    for (const { name } of unitRows) t.is(explain(name, known)[0]?.kind, 'unit', name);
  }
});

const factsOf = ([first]: Explained[], label: string) =>
  first?.facts.filter(([one]) => one === label).flatMap(([, ...lines]) => lines) ?? [];

const PODS = `version: 1
cluster: {name: mycluster, size: 3}
targets: [aws, flatcar, fedora-coreos]
address: {metadata: ec2}
consul: {servers: role, join: [10.0.0.5], encrypt: /etc/consul-secrets/gossip}
etcd: {version: 3.7.3, dataDirectory: /srv/etcd, discovery: committed, runtime: static-pod, image: "x@sha256:${'a'.repeat(64)}"}
tls: off
programs: {sidekick: {url: "https://example.com/etcd-sidekick.cjs"}, node: image, kubelet: image, containerd: image}
`;
const ALL = `version: 1
cluster: {name: mycluster, size: 3}
targets: [${names.join(', ')}]
address: {cidr: 192.168.57.0/24}
consul: {servers: members, join: [192.168.57.101], version: 2.1.0}
etcd:
  version: 3.7.3
  discovery: srv
  dataDirectory: /srv/etcd
  settings: {quota-backend-bytes: 8589934592}
tls: off
programs: {sidekick: {url: "https://example.com/etcd-sidekick.cjs"}, node: image}
`;

test('every file and unit of hosts is explained: its reason, its line, its form in each document', (t) => {
  for (const text of [SMALLEST, PODS, ALL]) {
    const known = withSpec(text);
    t.deepEqual(known.compiled?.diagnostics, []);
    const { plans = [], documents = [] } = known.compiled ?? {};
    for (const { role, files, units } of plans) {
      const own = documents.filter((document) => document.role === role);
      for (const { path: name } of files) {
        t.not(reasonOf(name), undefined, name);
        const found = explain(name, known);
        t.is(found[0]?.kind, 'file', name);
        for (const { target } of own) t.is(factsOf(found, `in ${target}/${role}`).length, 1, `${target} ${name}`);
      }
      for (const { name } of units) {
        const found = explain(name, known);
        t.not(factsOf(found, 'why')[0], '', name);
        for (const { target } of own) t.is(factsOf(found, `in ${target}/${role}`).length, 1, `${target} ${name}`);
      }
    }
  }
});

test('the form is the one that the document has, and the size that which was weighed', (t) => {
  const known = withSpec(ALL);
  const file = explain('/etc/quorumgate/cluster.env', known);
  t.regex(factsOf(file, 'in aws/etcd')[0] ?? '', /^an entry of write_files.* in gzip; \d+ of \d+ bytes$/);
  t.regex(factsOf(file, 'in flatcar/etcd')[0] ?? '', /^an entry of storage\.files, a data URL .*; \d+ of \d+ bytes$/);
  t.regex(factsOf(file, 'in vagrant/etcd')[0] ?? '', /^a here-document of the provisioner, as it is; \d+ of/);
  const unit = explain('etcd.service', known);
  t.regex(factsOf(unit, 'in flatcar/etcd')[0] ?? '', /^the contents of an entry of systemd\.units/);
  t.deepEqual(factsOf(unit, 'gate').length, 1);
  const dropIn = explain('/etc/systemd/system/etcd.service.d/data-directory.conf', known);
  t.deepEqual(factsOf(dropIn, 'asked for by'), ['cluster.yaml:9: dataDirectory: /srv/etcd']);
  t.deepEqual(factsOf(explain('etcd-assert.service', known), 'asked for by'), ['cluster.yaml:8: discovery: srv']);
  t.regex(
    factsOf(explain('etcd-assert.service', withSpec(SMALLEST)), 'here')[0] ?? '',
    /not on the hosts.*etcd\.discovery/,
  );
});

test('a key has the line that set it, or its default', (t) => {
  const known = withSpec(ALL);
  t.deepEqual(factsOf(explain('cluster.size', known), 'set by'), [
    'cluster.yaml:2: cluster: {name: mycluster, size: 3}',
  ]);
  const port = explain('etcd.peerPort', known);
  t.deepEqual(factsOf(port, 'set by'), ['no line: it is not written']);
  t.deepEqual(factsOf(port, 'value'), ['2380']);
  t.regex(factsOf(port, 'while the cluster lives')[0] ?? '', /^by replacing hosts/);
  t.deepEqual(explain('consul.join[0]', known)[0]?.name, 'consul.join.0');
  // A spec with errors has lines all the same.
  const wrong = withSpec(ALL.replace('size: 3', 'size: 4'));
  t.regex(factsOf(explain('cluster.size', wrong), 'set by')[0] ?? '', /size: 4/);
  t.regex(factsOf(explain('size-even', wrong), 'here')[0] ?? '', /^cluster\.yaml:2:34: /);
});

test('a flag is one by all of its names; hosts have it where the spec sets it', (t) => {
  const known = withSpec(ALL);
  for (const word of ['quota-backend-bytes', '--quota-backend-bytes', 'ETCD_QUOTA_BACKEND_BYTES']) {
    const found = explain(word, known);
    t.is(found[0]?.name, '--quota-backend-bytes');
    t.deepEqual(factsOf(found, 'here'), [
      '8589934592, by cluster.yaml:10: settings: {quota-backend-bytes: 8589934592}',
    ]);
    t.deepEqual(factsOf(found, 'hosts have'), [
      'etcd: /etc/quorumgate/cluster.env: ETCD_QUOTA_BACKEND_BYTES=8589934592',
    ]);
  }
  const owned = explain('--initial-cluster-state', known);
  t.regex(factsOf(owned, 'set by')[0] ?? '', /the record that all hosts have agreed on/);
  t.regex(factsOf(owned, 'hosts have').join('\n'), /etcd\.service: .*ETCD_INITIAL_CLUSTER_STATE=existing/);
  // A key by that word, and not the flag.
  t.deepEqual(explain('--data-dir', bare)[0]?.kind, 'flag');
});

test('an emitted file of the output folder is told with its limit', (t) => {
  const known = withSpec(SMALLEST);
  const found = explain('out/aws/etcd/user-data', known);
  t.regex(factsOf(found, 'limit')[0] ?? '', /^\d+ of 16384 bytes \(EC2/);
  t.true(factsOf(found, 'largest').length > 1);
  t.deepEqual(factsOf(explain('upload/etcd-sidekick.cjs', known), 'goes to'), [
    'https://artifacts.example.com/etcd-sidekick.cjs',
  ]);
});

test('what is nothing is answered with what was meant', (t) => {
  t.deepEqual(explain('size-evn', bare), []);
  t.is(meantBy('size-evn', bare), 'size-even');
  t.is(meantBy('replaceDeadAfter', bare), 'etcd.replaceDeadAfter');
  t.is(meantBy('etcd.servce', bare), 'etcd.service');
  t.deepEqual(explain('', bare), []);
  t.deepEqual(explain('/', bare), []);
  t.deepEqual(explain('__proto__', bare), []);
});

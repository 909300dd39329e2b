import test, { type ExecutionContext } from 'ava';
import { loadAssets } from '../io/assets.ts';
import { SMALLEST } from '../spec/reference.ts';
import { changeOf } from './changes.ts';
import { type Difference, diff } from './diff.ts';
import { sideOfSpec } from './side.ts';

const assets = await loadAssets();

function side(t: ExecutionContext, text: string, file: string) {
  const { side: found, diagnostics } = sideOfSpec(text, { file, lock: undefined, assets });
  t.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  );
  if (found === undefined) throw new Error('no side');
  return found;
}

const between = (t: ExecutionContext, old: string, now: string): Difference =>
  diff(side(t, old, 'old.yaml'), side(t, now, 'new.yaml'));

const swap = (from: string, to: string, text = SMALLEST) => {
  if (!text.includes(from)) throw new Error(from);
  return text.replace(from, to);
};
const said = ({ steps }: Difference) => steps.map((step) => step.do).join('\n');

test('the same is no change, and has no step', (t) => {
  const found = between(t, SMALLEST, `# other words\n${SMALLEST}`);
  t.deepEqual([found.values, found.warned, found.steps], [[], [], []]);
  t.deepEqual(
    found.hosts.map(({ is }) => is),
    ['the same'],
  );
});

test('growing and shrinking leave the hosts that run alone', (t) => {
  const five = swap('size: 3', 'size: 5');
  const grown = between(t, SMALLEST, five);
  t.deepEqual(grown.values, [{ key: 'cluster.size', before: '3', after: '5', line: 'new.yaml:4' }]);
  t.regex(said(grown), /^the hosts that run need nothing now.*\nboot 2 hosts more/);
  t.regex(
    said(between(t, five, SMALLEST)),
    /^the hosts that run need nothing now.*\none host at a time: `quorumgate member retire`/,
  );
  // Not when anything else changes with it.
  const both = between(t, SMALLEST, swap('metadata: ec2', 'cidr: 10.0.0.0/16', five));
  t.regex(said(both), /^replace the members, one host at a time/);
});

test('a setting that makes another cluster is told, and no host is to be replaced', (t) => {
  for (const now of [swap('name: mycluster', 'name: other')]) {
    const found = between(t, SMALLEST, now);
    t.deepEqual(
      found.warned.map(({ changed, verdict }) => [changed, verdict]),
      [[['cluster.name'], 'never']],
    );
    t.regex(said(found), /^leave the hosts that run as they are.*\nboot new hosts.*\nbring the data there/);
    t.notRegex(said(found), /replace/);
  }
});

test('each setting that the gate or the members hold on to is in the list', (t) => {
  const tls = `tls:
  peer: {cert: /etc/etcd/peer.crt, key: /etc/etcd/peer.key, ca: /etc/etcd/peer-ca.crt}
  client: {cert: /etc/etcd/server.crt, key: /etc/etcd/server.key, ca: /etc/etcd/client-ca.crt}
`;
  const etcd = (line: string) => swap('version: 3.7.3', `version: 3.7.3\n  ${line}`);
  for (const [now, key, verdict] of [
    [swap('tls: off\n', tls), 'tls', 'never'],
    [etcd('peerPort: 2390'), 'etcd.peerPort', 'emptied'],
    [etcd('discovery: srv'), 'etcd.discovery', 'emptied'],
    [etcd('dataDirectory: /srv/etcd'), 'etcd.dataDirectory', 'emptied'],
    [etcd('clientPort: 2390'), 'etcd.clientPort', 'together'],
    [swap('metadata: ec2', 'cidr: 10.0.0.0/16'), 'address', 'one by one'],
  ] as const) {
    const { warned } = between(t, SMALLEST, now);
    t.deepEqual(
      warned.map((one) => [one.changed, one.verdict]),
      [[[key], verdict]],
      key,
    );
  }
  // Names of settings that the gate says itself (settingOf).
  for (const key of ['tls', 'etcd.discovery', 'etcd.peerPort']) t.not(changeOf(key), undefined);
});

const CONSULS = {
  encrypt: 'encrypt: /etc/secrets/gossip',
  tls: 'version: 2.1.0\n  tls: {ca: /etc/secrets/ca.crt, cert: /etc/secrets/consul.crt, key: /etc/secrets/consul.key}',
  tokens: 'tokens: {agent: /etc/secrets/agent, dns: /etc/secrets/dns, sidekick: /etc/secrets/sidekick}',
};
const withConsul = (line: string, text = SMALLEST) => swap('servers: members', `servers: members\n  ${line}`, text);

for (const [key, line] of Object.entries(CONSULS)) {
  test(`consul.${key} on a living cluster, and off again: on all hosts in place, none is replaced`, (t) => {
    const plain = key === 'tls' ? withConsul('version: 2.1.0') : SMALLEST;
    for (const [before, after] of [
      [plain, withConsul(line)],
      [withConsul(line), plain],
    ] as const) {
      const found = between(t, before, after);
      t.deepEqual(
        found.warned.map(({ changed, verdict }) => [changed, verdict]),
        [[[`consul.${key}`], 'in place']],
      );
      t.regex(found.warned[0]?.how ?? '', /no host joins meanwhile/);
      const steps = said(found);
      t.regex(steps, /replace none until the end\n.*in place and with their disks.*only then replace or add hosts$/s);
      t.notRegex(steps, /^replace the members/m);
      t.deepEqual(found.steps.find((step) => step.do.startsWith('give the hosts'))?.hosts, ['aws/etcd']);
      const isOn = after !== plain;
      t.is(/bring the files/.test(steps), isOn);
      t.is(/consul bootstrap/.test(steps), isOn && key === 'tokens');
    }
  });
}

test('all secured at once is another cluster, for etcd is; what changes in Consul is told too', (t) => {
  const secrets = swap('tls: off', 'secrets: image', withConsul('version: 2.1.0'));
  const found = between(t, SMALLEST, secrets);
  t.deepEqual(
    found.warned.map(({ changed, verdict }) => [changed, verdict]),
    [
      [['tls'], 'never'],
      [['consul.encrypt', 'consul.tls', 'consul.tokens'], 'in place'],
    ],
  );
  t.regex(said(found), /^leave the hosts that run as they are/);
  // Where Ignition reads its document once, a host cannot be given another in place.
  const flatcar = (text: string) =>
    swap('targets: [aws]', 'targets: [flatcar]', text).replace('programs:', 'programs:\n  node: image');
  t.regex(said(between(t, flatcar(SMALLEST), flatcar(withConsul(CONSULS.encrypt)))), /not so where Ignition/);
});

test('with srv the datacenter and the domain are part of the cluster, and else not', (t) => {
  const domain = (text: string) => swap('servers: members', 'servers: members\n  domain: c.example', text);
  const srv = swap('version: 3.7.3', 'version: 3.7.3\n  discovery: srv');
  t.deepEqual(between(t, SMALLEST, domain(SMALLEST)).warned, []);
  const found = between(t, srv, domain(srv));
  t.deepEqual(found.warned[0]?.changed, ['consul.domain']);
  t.regex(said(found), /each by a host with an empty disk/);
});

test("Consul's servers come before the members, new hosts before those that go", (t) => {
  const role = swap('servers: members', 'servers: role');
  const moved = between(t, SMALLEST, role);
  t.deepEqual(
    moved.steps.map((step) => step.hosts),
    [['aws/consul-server'], ['aws/etcd']],
  );
  t.regex(said(moved), /^boot Consul's servers; go on when/);
  const back = between(t, role, SMALLEST);
  t.deepEqual(
    back.steps.map((step) => step.hosts),
    [['aws/etcd'], ['aws/consul-server']],
  );
  const both = between(t, role, swap('servers: role', 'servers: role\n  domain: c.example', role));
  t.deepEqual(
    both.steps.map((step) => step.hosts),
    [['aws/consul-server'], ['aws/etcd']],
  );
  const plain = swap(
    'metadata: ec2',
    'cidr: 192.168.57.0/24',
    swap(/ {2}join:\n.*\n/.exec(SMALLEST)?.[0] ?? '', '  join: [192.168.57.101]\n'),
  );
  const elsewhere = between(t, plain, swap('targets: [aws]', 'targets: [vagrant]', plain));
  t.deepEqual(
    elsewhere.steps.map((step) => step.hosts),
    [['vagrant/etcd'], ['aws/etcd']],
  );
});

test('etcd goes one minor version at a time', (t) => {
  const at = (version: string) =>
    `${swap('version: 3.7.3', `version: ${version}`)}allow: {etcd-insecure: x, etcd-faulty: x, etcd-unsupported: x}\n`;
  t.regex(said(between(t, at('3.5.35'), at('3.7.3'))), /^go by every minor version.*etcd 3\.6 comes next, not 3\.7\.3/);
  t.regex(said(between(t, at('3.7.3'), at('3.6.16'))), /^do not go back/);
  t.regex(said(between(t, at('3.6.16'), at('3.7.3'))), /^see first that a snapshot of 3\.6/);
});

test('an operator’s key is not exchanged in one step', (t) => {
  const keyed = (...keys: string[]) => swap('size: 3', `size: 3\n  operatorKeys: [${keys.join(', ')}]`);
  const [one, other] = [`${'a'.repeat(42)}A`, `${'-'.repeat(42)}A`];
  t.regex(said(between(t, keyed(one), keyed(other))), /^name the old key beside the new one first/);
  t.notRegex(said(between(t, keyed(one), keyed(one, other))), /beside the new one/);
});

test('files that hosts fetch are uploaded first', (t) => {
  const executable = swap('/etcd-sidekick.cjs', `/etcd-sidekick\n    sha256: ${'ab'.repeat(32)}`);
  t.regex(said(between(t, executable, SMALLEST)), /^upload upload\/etcd-sidekick\.cjs, .*\nreplace the members/);
});

import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import { readSpec } from '../spec/read.ts';
import { buildPlans } from './build.ts';

const assets = await loadAssets();
const digest = `sha256:${'ab'.repeat(32)}`;
const LINES = {
  version: '1',
  cluster: '{name: mycluster, size: 3}',
  targets: '[aws]',
  address: '{metadata: ec2}',
  consul: '{servers: role, join: [10.0.0.1]}',
  etcd: `{version: 3.7.3, runtime: static-pod, image: "etcd@${digest}"}`,
  tls: 'off',
};

function plans(changes: Record<string, string> = {}) {
  const text = Object.entries({ ...LINES, ...changes }).map(([key, value]) => `${key}: ${value}\n`);
  const { spec, diagnostics } = readSpec(text.join(''), 'x', ['aws'], 'probes of old versions');
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  return buildPlans(spec, assets).map(({ role, files, units }) => ({
    role,
    content: (path: string) => files.find((file) => file.path === path)?.content,
    units: units.map(({ name }) => name),
    text: (unit: string) => units.find(({ name }) => name === unit)?.content,
  }));
}

const json = (changes: Record<string, string>, path: string, of = 0) =>
  JSON.parse(plans(changes)[of]?.content(path) ?? '');
const etcd = (changes: Record<string, string> = {}) => json(changes, '/etc/quorumgate/pods/etcd.json').spec;
const version = (number: string) => ({ etcd: LINES.etcd.replace('3.7.3', number) });

test('a member has the same flags in a pod as without', (t) => {
  const [unit = ''] = /^ExecStart=.*$/m.exec(assets.units['etcd.service'] ?? '') ?? [];
  const flags = (words: string[]) => words.map((word) => word.split('=')[0]).filter((word) => word?.startsWith('--'));
  t.deepEqual(flags(etcd().containers[0].command), flags(unit.split(' ')));
});

test('metrics are on the host’s address where the spec says so, in a pod as without', (t) => {
  const at = { etcd: LINES.etcd.replace('{', '{metricsAt: host, ') };
  const flag = (words: string[]) => words.find((word) => word.startsWith('--listen-metrics-urls='));
  t.is(flag(etcd().containers[0].command), '--listen-metrics-urls=http://127.0.0.1:2381');
  t.is(flag(etcd(at).containers[0].command), '--listen-metrics-urls=http://127.0.0.1:2381,http://@{address}:2381');
  const service = { etcd: '{version: 3.7.3, metricsAt: host, metricsPort: 2390}' };
  const text = plans(service)[0]?.text('etcd.service') ?? '';
  const both =
    /^--listen-metrics-urls=http:\/\/127\.0\.0\.1:\$\{QG_METRICS_PORT\},\$\{QG_SCHEME\}:\/\/\$\{QG_ADDRESS\}:\$\{QG_METRICS_PORT\}$/;
  t.regex(flag(text.split(' ')) ?? '', both);
  t.is(text.replace(/(--listen-metrics-urls=[^ ,]*),\S+/, '$1'), assets.units['etcd.service'] ?? '');
});

test('a member has the same variables of etcd in a pod as without', (t) => {
  const peer = 'peer: {cert: /c/p.crt, key: /c/p.key, ca: /c/p-ca.crt}';
  const tls = `{client: {cert: /c/c.crt, key: /c/c.key, ca: /c/ca.crt}, ${peer}}`;
  const [member] = plans({ tls });
  const cluster = member?.content('/etc/quorumgate/cluster.env') ?? '';
  const variables = [...cluster.matchAll(/^(ETCD_\w+)=(.*)$/gm)].map(([, name, value]) => ({ name, value }));
  t.true(variables.length > 7);
  const { env } = JSON.parse(member?.content('/etc/quorumgate/pods/etcd.json') ?? '').spec.containers[0];
  t.deepEqual(env.slice(0, variables.length), variables);
});

test('etcd’s own sockets are on the host, where those of a service are', (t) => {
  const [container] = etcd().containers;
  const { workingDir, command, volumeMounts } = container;
  t.true(assets.units['etcd.service']?.includes(`\nWorkingDirectory=${workingDir}\n`));
  for (const flag of ['peer', 'client']) {
    t.true(
      command.some((word: string) => word.startsWith(`--listen-${flag}-urls=`) && word.endsWith(`,unix://${flag}:0`)),
    );
  }
  t.deepEqual(volumeMounts[1], { name: 'sockets', mountPath: workingDir });
});

/** Endpoints of each line: etcd's change logs of 3.4.29, 3.5.11 and 3.6.0. */
for (const [number, alive, ready] of [
  ['3.4.28', undefined, '/health'],
  ['3.4.29', '/livez', '/readyz'],
  ['3.5.10', '/health?serializable=true', '/health'],
  ['3.5.11', '/livez', '/readyz'],
  ['3.6.0', '/livez', '/readyz'],
] as const) {
  test(`probes of ${number}: alive needs no quorum, ready does`, (t) => {
    const { startupProbe, livenessProbe, readinessProbe } = etcd(version(number)).containers[0];
    t.is(livenessProbe.httpGet?.path, alive);
    t.is((livenessProbe.httpGet ?? livenessProbe.tcpSocket).port, 2381);
    t.deepEqual({ ...startupProbe, failureThreshold: 8 }, livenessProbe);
    t.is(readinessProbe.httpGet.path, ready);
  });
}

test('TLS: each folder once, read-only; etcd is told the files', (t) => {
  const files = (name: string) =>
    `{cert: /etc/etcd/${name}.crt, key: /var/lib/keys/${name}.key, ca: /etc/etcd/${name}-ca.crt}`;
  const { containers, volumes } = etcd({ tls: `{peer: ${files('peer')}, client: ${files('client')}}` });
  const [{ env, volumeMounts }] = containers;
  const paths = (volumes as { hostPath: { path: string; type: string } }[]).map(({ hostPath }) => hostPath);
  t.deepEqual(paths, [
    { path: '/var/lib/etcd', type: 'Directory' },
    { path: '/run/etcd', type: 'Directory' },
    { path: '/etc/etcd', type: 'Directory' },
    { path: '/var/lib/keys', type: 'Directory' },
    { path: '/run/quorumgate/pods/etcd/@{id}', type: 'Directory' },
  ]);
  const writable = (volumeMounts as { mountPath: string; readOnly?: boolean }[]).filter((mount) => !mount.readOnly);
  t.deepEqual(
    writable.map(({ mountPath }) => mountPath),
    ['/var/lib/etcd', '/run/etcd'],
  );
  t.deepEqual(env[0], { name: 'ETCD_CERT_FILE', value: '/etc/etcd/client.crt' });
});

test('a stand-alone kubelet has no server and no flags', (t) => {
  const config = json({}, '/etc/quorumgate/kubelet.json');
  t.is(config.staticPodPath, '/etc/kubernetes/manifests');
  t.false(config.enableServer);
  t.false('rotateCertificates' in config);
  t.is(plans()[0]?.content('/etc/quorumgate/kubelet.env'), 'QG_KUBELET_FLAGS=\n');
});

test('a joined kubelet rotates its certificate, and registers with label and taint', (t) => {
  const kubernetes =
    '{mode: joined, labels: [a/b=c, d=], taints: ["a/b=c:NoSchedule", "d:NoExecute"], clusterDns: [10.96.0.10]}';
  const config = json({ kubernetes }, '/etc/quorumgate/kubelet.json');
  t.true(config.rotateCertificates);
  t.deepEqual(config.authentication, {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
  });
  t.deepEqual(config.registerWithTaints, [
    { key: 'a/b', value: 'c', effect: 'NoSchedule' },
    { key: 'd', effect: 'NoExecute' },
  ]);
  t.deepEqual(config.clusterDNS, ['10.96.0.10']);
  t.is(
    plans({ kubernetes })[0]?.content('/etc/quorumgate/kubelet.env'),
    'QG_KUBELET_FLAGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/var/lib/kubelet/kubeconfig --node-labels=a/b=c,d=\n',
  );
});

test('a kubelet is where something runs in a pod, and nowhere else', (t) => {
  const kubelets = (changes: Record<string, string>) =>
    plans(changes).map(({ role, units, content }) => [
      role,
      units.includes('kubelet.service'),
      /^kubelet /m.test(content('/etc/quorumgate/programs') ?? ''),
      content('/etc/tmpfiles.d/quorumgate.conf') !== undefined,
    ]);
  const consul = `{servers: role, join: [10.0.0.1], runtime: static-pod, image: "consul@${digest}"}`;
  const all = (member: boolean, server: boolean) => [
    ['etcd', member, member, member],
    ['consul-server', server, server, server],
  ];
  t.deepEqual(kubelets({}), all(true, false));
  t.deepEqual(kubelets({ consul }), all(true, true));
  t.deepEqual(kubelets({ etcd: '{version: 3.7.3}' }), all(false, false));
  t.deepEqual(kubelets({ etcd: '{version: 3.7.3}', consul }), all(true, true));
});

test('Consul’s pods are called by what they are, and etcd’s program is not on the host', (t) => {
  const consul = `{servers: role, join: [10.0.0.1], runtime: static-pod, image: "consul@${digest}"}`;
  const names = [0, 1].map((of) => json({ consul }, '/etc/quorumgate/pods/consul.json', of).metadata.name);
  t.deepEqual(names, ['consul-agent-@{id}', 'consul-server-@{id}'], 'and another at each start');
  t.notRegex(plans({ consul })[0]?.content('/etc/quorumgate/programs') ?? '', /^(etcd|consul) /m);
});

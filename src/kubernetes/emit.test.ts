import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { load } from 'js-yaml';
import { emitKubernetes } from './emit.ts';
import { fullOptions, specOf } from './example-testing.ts';
import { defaultOptions, type Options } from './options.ts';

const [plain, tls] = [specOf('plain'), specOf('tls')];
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function textOf(spec: typeof plain, options: Options, name: string): string {
  const file = emitKubernetes(spec, options).files.find(({ path }) => path === `kubernetes/${name}`);
  return file === undefined ? '' : decode(file.bytes);
}

const paths = (options: Options) => emitKubernetes(plain, options).files.map(({ path }) => path);

for (const [name, spec, options] of [
  ['mycluster', plain, defaultOptions(plain)],
  ['tls', tls, { ...defaultOptions(tls), endpoints: ['10.77.0.101', '10.77.0.102', '10.77.0.103'] }],
  ['full', tls, fullOptions(tls)],
] as const) {
  test(`${name}: as committed (UPDATE=1 writes it)`, (t) => {
    const text = emitKubernetes(spec, options)
      .files.map(({ path, bytes }) => `# ${path}\n${decode(bytes)}`)
      .join('---\n');
    const golden = new URL(`./testdata/${name}.yaml`, import.meta.url);
    if (process.env.UPDATE !== undefined) {
      mkdirSync(new URL('.', golden), { recursive: true });
      writeFileSync(golden, text);
    }
    t.is(text, readFileSync(golden, 'utf8'));
  });
}

test('each kustomization lists every object of its folder, sorted', (t) => {
  const { files } = emitKubernetes(tls, fullOptions(tls));
  for (const folder of ['kubernetes', 'kubernetes/monitoring']) {
    const inside = files
      .map(({ path }) => path)
      .filter((path) => path.startsWith(`${folder}/`) && path.lastIndexOf('/') === folder.length)
      .map((path) => path.slice(folder.length + 1))
      .filter((name) => name !== 'kustomization.yaml');
    const { resources } = load(textOf(tls, fullOptions(tls), `${folder}/kustomization.yaml`.slice(11))) as {
      resources: string[];
    };
    t.deepEqual(resources, inside.sort());
  }
});

test('by name without addresses, and the name is one that Kubernetes takes', (t) => {
  const service = load(textOf(plain, defaultOptions(plain), 'service-etcd.yaml')) as { spec: { externalName: string } };
  t.deepEqual(service.spec, { type: 'ExternalName', externalName: 'mycluster.etcd3.service.dc1.consul' } as never);
  t.regex(service.spec.externalName, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
  t.regex(
    textOf(plain, defaultOptions(plain), 'kubeadm/kube-apiserver.flags'),
    /^--etcd-servers=http:\/\/mycluster\.etcd3/,
  );
});

test('each member is scraped in one way, or the notes say that none is', (t) => {
  const endpoints = ['10.0.0.1'];
  const { images } = fullOptions(plain);
  const monitors = (options: Options) => paths(options).filter((path) => /podmonitor-etcd|servicemonitor/.test(path));
  const base = defaultOptions(plain);
  t.deepEqual(monitors(base), []);
  t.regex(emitKubernetes(plain, base).notes.join('\n'), /nothing scrapes the members/);
  t.deepEqual(monitors({ ...base, endpoints }), ['kubernetes/monitoring/servicemonitor-etcd.yaml']);
  t.deepEqual(monitors({ ...base, images }), ['kubernetes/monitoring/podmonitor-etcd-metrics.yaml']);
  t.deepEqual(monitors({ ...base, endpoints, images }), ['kubernetes/monitoring/podmonitor-etcd-metrics.yaml']);
  t.deepEqual(emitKubernetes(plain, fullOptions(plain)).notes, []);
});

test('the namespace allows the host network only where an agent needs it', (t) => {
  const base = defaultOptions(plain);
  t.regex(textOf(plain, base, 'namespace-etcd-mycluster.yaml'), /enforce: restricted/);
  t.regex(textOf(plain, fullOptions(plain), 'namespace-etcd-mycluster.yaml'), /enforce: privileged/);
});

test('agents go where the label is, past the taint, and open a port that is not etcd’s', (t) => {
  const options: Options = {
    ...fullOptions(plain),
    node: {
      labels: [{ key: 'a.example/b', value: '' }],
      taints: [{ key: 'a.example/c', value: '', effect: 'NoExecute' }],
    },
  };
  const busy = { ...plain, etcd: { ...plain.etcd, metricsPort: 9979, clientPort: 9980 } };
  const text = textOf(busy, options, 'daemonset-etcd-metrics.yaml');
  const { template } = (load(text) as { spec: { template: { spec: Record<string, unknown> } } }).spec;
  t.deepEqual(template.spec['nodeSelector'], { 'a.example/b': '', 'kubernetes.io/os': 'linux' });
  t.deepEqual(template.spec['tolerations'], [{ key: 'a.example/c', operator: 'Exists', effect: 'NoExecute' }]);
  t.regex(text, /--upstream=http:\/\/127\.0\.0\.1:9979\//);
  t.regex(text, /--secure-listen-address=\$\(HOST_IP\):9981/);
});

test('the labels and taints of the spec are those of its nodes', (t) => {
  const kubernetes = { ...plain.kubernetes, labels: ['a=b', 'c.d/e='], taints: ['f:NoExecute', 'a=b:NoSchedule'] };
  const { labels, taints } = defaultOptions({ ...plain, kubernetes }).node;
  t.deepEqual(labels, [
    { key: 'a', value: 'b' },
    { key: 'c.d/e', value: '' },
  ]);
  t.deepEqual(taints, [
    { key: 'f', value: '', effect: 'NoExecute' },
    { key: 'a', value: 'b', effect: 'NoSchedule' },
  ]);
});

test('no secret is in any file', (t) => {
  for (const { bytes, path } of emitKubernetes(tls, fullOptions(tls)).files) {
    t.notRegex(decode(bytes), /^(data|stringData):[\s\S]*(token|tls\.key):|PRIVATE KEY/m, path);
  }
});

test('the Consul domain of the spec is what CoreDNS forwards', (t) => {
  const spec = { ...plain, consul: { ...plain.consul, domain: 'c.example', datacenter: 'eu' } };
  const { data } = load(textOf(spec, fullOptions(spec), 'configmap-coredns-custom.yaml')) as { data: object };
  t.deepEqual(data, {
    'c.example.server': 'c.example:53 {\n    errors\n    cache 5\n    forward . 10.0.0.2:8600\n}\n',
  });
  t.regex(textOf(spec, defaultOptions(spec), 'service-etcd.yaml'), /mycluster\.etcd3\.service\.eu\.c\.example/);
});

import test from 'ava';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const LINES = {
  version: '1',
  cluster: '{name: mycluster, size: 3}',
  targets: '[aws]',
  address: '{metadata: ec2}',
  consul: '{servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster]}',
  etcd: `{version: 3.7.3, runtime: static-pod, image: "etcd@${DIGEST}"}`,
  tls: 'off',
};

/** Each diagnostic as `code: marked text`. */
const finds = test.macro<[changes: Record<string, string>, ...expected: string[]]>({
  exec(t, changes, ...expected) {
    const text = Object.entries({ ...LINES, ...changes }).map(([key, value]) => `${key}: ${value}\n`);
    const { diagnostics } = readSpec(text.join(''), 'cluster.yaml', ['aws']);
    const found = marked(diagnostics);
    t.deepEqual(found, expected);
  },
  title: (_, changes, ...expected) => `${expected.join(', ') || 'nothing'} in ${JSON.stringify(changes)}`,
});

test(finds, {});
test(finds, { etcd: `{version: 3.7.3, runtime: static-pod, image: "a.b:5000/c/etcd:v3@${DIGEST}"}` });
test(finds, { etcd: '{version: 3.7.3, runtime: pod}' }, 'not-one-of: pod');
test(finds, { etcd: '{version: 3.7.3, runtime: static-pod}' }, 'image-missing: static-pod');
test(finds, { etcd: `{version: 3.7.3, image: "etcd@${DIGEST}"}` }, `image-unneeded: "etcd@${DIGEST}"`);
const etcd = (image: string) => ({ etcd: `{version: 3.7.3, runtime: static-pod, image: ${image}}` });
test(finds, etcd('quay.io/coreos/etcd:v3.7.3'), 'image-without-digest: quay.io/coreos/etcd:v3.7.3');
test(finds, etcd('etcd@sha256:abc'), 'image-without-digest: etcd@sha256:abc');
test(finds, etcd('"a b"'), 'bad-format: "a b"');
test(finds, { consul: '{servers: existing, join: [10.0.0.1], runtime: static-pod}' }, 'image-missing: static-pod');

const srv = `{version: 3.7.3, runtime: static-pod, image: "etcd@${DIGEST}", discovery: srv}`;
test(finds, { etcd: srv }, 'pod-asks-dns: srv');

const tls = (peer: string) =>
  `{peer: {cert: ${peer}, key: /etc/etcd/a.key, ca: /etc/etcd/ca.crt}, client: {cert: /etc/etcd/b.crt, key: /etc/etcd/b.key, ca: /etc/etcd/b-ca.crt}}`;
test(finds, { tls: tls('/etc/etcd/a.crt') });
for (const path of ['/etc/a.crt', '/a.crt', '/var/lib/a.crt', '/usr/share/etcd/a.crt', '/srv/a.crt']) {
  test(finds, { tls: tls(path) }, `pod-tls-folder: ${path}`);
}
test(finds, { tls: tls('/etc/a.crt'), etcd: '{version: 3.7.3}' });

test(finds, { kubernetes: '{}' });
test(finds, { kubernetes: '{mode: joined, labels: [a.example/b=c, d=], taints: ["a/b=c:NoSchedule", "d:NoExecute"]}' });
test(finds, { kubernetes: '{labels: [a=b]}' }, 'kubelet-stands-alone: labels');
test(finds, { kubernetes: '{mode: stand-alone, clientCa: /a/b}' }, 'kubelet-stands-alone: clientCa');
test(finds, { etcd: '{version: 3.7.3}', kubernetes: '{mode: joined}' }, 'kubernetes-unneeded: kubernetes');
test(finds, { kubernetes: '{mode: joined, labels: [a]}' }, 'bad-format: a');
test(finds, { kubernetes: '{mode: joined, taints: ["a=b:Never"]}' }, 'bad-format: "a=b:Never"');
test(finds, { kubernetes: '{mode: joined, clusterDns: [10.96.0.300]}' }, 'bad-format: 10.96.0.300');
for (const label of ['node-role.kubernetes.io/etcd=', 'kubernetes.io/role=x', 'x.k8s.io/a=b']) {
  test(finds, { kubernetes: `{mode: joined, labels: ["${label}"]}` }, `node-label-reserved: "${label}"`);
}
for (const label of ['node.kubernetes.io/pool=etcd', 'topology.kubernetes.io/zone=a', 'kubernetes.io.example/a=b']) {
  test(finds, { kubernetes: `{mode: joined, labels: ["${label}"]}` });
}

test(finds, { programs: '{etcd: image}' }, 'program-unneeded: etcd');
test(finds, { programs: '{kubelet: package, containerd: image}' });
test(finds, { etcd: '{version: 3.7.3}', programs: '{containerd: image}' }, 'program-unneeded: containerd');
test(finds, { programs: '{containerd: {url: "http://a/b", sha256: x}}' }, 'not-one-of: {url: "http://a/b", sha256: x}');

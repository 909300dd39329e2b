import { join } from 'node:path';
import test from 'ava';
import { load } from 'js-yaml';
import { loadAssets } from '../../../io/assets.ts';
import { emitKubernetes } from '../../../kubernetes/emit.ts';
import { defaultOptions } from '../../../kubernetes/options.ts';
import { readManifest } from '../../image/program/manifest.ts';
import { compileForLab, layoutOf } from '../../lab.ts';
import { run } from '../../machine/command.ts';
import { hostPaths } from '../../machine/layout.ts';
import { withCertificates } from '../certificates-testing.ts';
import { assertSound, eventually, example, inLab, labTest, output } from '../lab-testing.ts';

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** Of a server's list of what it has. */
interface Resource {
  name: string;
  kind: string;
  namespaced: boolean;
}

const { cache } = layoutOf();
const brought = readManifest(cache).find(({ program }) => program === 'kubernetes');

const PKI = '/etc/kubernetes/pki';
const apiserver = 'apiserver-etcd-client';
const CLIENT = {
  cert: `${PKI}/${apiserver}.crt`,
  key: `${PKI}/${apiserver}.key`,
  wish: { commonName: apiserver, dns: [], ips: [], usage: 'client' as const },
};

const digest = `sha256:${'ab'.repeat(32)}`;
const images = { metricsProxy: `example.com/proxy@${digest}`, nodeExporter: `example.com/exporter@${digest}` };

/** Words without which kubeadm asks the network. */
const also = (address: string, version: string) => `kubernetesVersion: v${version}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: ${address}}
`;

(brought ? labTest : test.serial.skip)(
  'kubeadm reads our configuration, and a kube-apiserver starts with exactly our flags and lives as long as a quorum',
  async (t) => {
    t.timeout(600_000);
    if (!brought) return;
    const options = await withCertificates(example('tls.yaml'), [CLIENT]);
    await inLab(options, async (lab) => {
      await assertSound(t, lab);
      const { address } = lab.host('etcd-1');
      const root = hostPaths(lab.layout, 'etcd-1').root;
      await run('tar', ['-xzf', join(cache, brought.file), '-C', join(root, 'opt'), '--strip-components=3']);

      const { spec } = (await compileForLab({ text: options.text ?? '', file: 'tls.yaml', assets: await loadAssets() }))
        .compiled;
      if (!spec) return t.fail();
      const endpoints = lab.hosts.filter(({ role }) => role === 'etcd').map((host) => host.address);
      const { files } = emitKubernetes(spec, { ...defaultOptions(spec), endpoints, consulDns: '10.0.0.5:53', images });
      const textOf = (name: string) =>
        Buffer.from(files.find(({ path }) => path.endsWith(name))?.bytes ?? []).toString('utf8');
      const put = (path: string, input: string) => lab.exec('etcd-1', ['sh', '-c', `cat >${path}`], { input });
      await put('/root/kubeadm.yaml', textOf('cluster-configuration.yaml') + also(address, brought.version));
      // As step 3 of docs/kubernetes.md has it.
      await output(lab, 'etcd-1', `install -D -m 644 /etc/etcd/client-ca.crt ${PKI}/etcd/ca.crt`);
      for (const phase of ['certs all', 'kubeconfig super-admin', 'control-plane apiserver']) {
        const { exitCode, stdout, stderr } = await lab.exec('etcd-1', [
          'sh',
          '-c',
          `/opt/kubeadm init phase ${phase} --config /root/kubeadm.yaml`,
        ]);
        t.is(exitCode, 0, `${phase}: ${stdout}${stderr}`);
      }

      const manifest = await output(lab, 'etcd-1', 'cat /etc/kubernetes/manifests/kube-apiserver.yaml');
      const flags = [...manifest.matchAll(/^ {4}- (--\S+)$/gm)].map(([, flag = '']) => flag);
      const ours = textOf('kube-apiserver.flags').trim().split('\n');
      t.deepEqual(flags.filter((flag) => flag.startsWith('--etcd-')).sort(), [...ours].sort());
      await put('/root/flags', [...flags.filter((flag) => !flag.startsWith('--etcd-')), ...ours].join('\n'));
      await output(
        lab,
        'etcd-1',
        "systemd-run --unit apiserver sh -c \"exec /opt/kube-apiserver $(tr '\\n' ' ' </root/flags)\"",
      );

      const credentials = (key: string) =>
        `sed -n 's/^ *${key}: //p' /etc/kubernetes/super-admin.conf | base64 -d >/root/${key}`;
      await output(lab, 'etcd-1', `${credentials('client-certificate-data')}; ${credentials('client-key-data')}`);
      const ask = (path: string, more = '') =>
        output(
          lab,
          'etcd-1',
          `curl -sS -m 10 --cacert ${PKI}/ca.crt --cert /root/client-certificate-data --key /root/client-key-data ${more} https://${address}:6443${path}`,
        );
      const isReady = (said: string) => /^\[\+\]etcd ok$/m.test(said) && said.endsWith('readyz check passed');
      const ready = await eventually(() => ask('/readyz?verbose'), isReady);
      t.true(
        isReady(ready),
        `${ready}\n${await output(lab, 'etcd-1', 'journalctl -u apiserver -n 20 --no-pager -o cat')}`,
      );
      const create = (name: string) =>
        ask('/api/v1/namespaces', `-H 'Content-Type: application/json' -d '{"metadata":{"name":"${name}"}}'`);
      t.regex(await create('first'), /"phase": "Active"/);
      const stored = await lab.etcdctl('etcd-2', ['get', '--keys-only', '/registry/namespaces/first']);
      t.regex(stored.stdout, /^\/registry\/namespaces\/first$/m);

      // All that `kubectl apply -k` would send, with a server's own validation and admission.
      const objects = files
        .filter(({ path }) => /^kubernetes\/[^/]+\.yaml$/.test(path))
        .map(({ bytes }) => load(Buffer.from(bytes).toString('utf8')) as Manifest)
        .filter(({ kind }) => kind !== 'Kustomization')
        .sort((a, b) => Number(b.kind === 'Namespace') - Number(a.kind === 'Namespace'));
      t.true(objects.length > 8, `${objects.length}`);
      for (const object of objects) {
        const { apiVersion, kind, metadata } = object;
        const group = `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}`;
        const { resources } = JSON.parse(await ask(group)) as { resources: Resource[] };
        const resource = resources.find((one) => one.kind === kind && !one.name.includes('/'));
        t.truthy(resource, kind);
        const within = resource?.namespaced ? `/namespaces/${metadata.namespace}` : '';
        await put('/root/object', JSON.stringify(object));
        const said = await ask(
          `${group}${within}/${resource?.name}/${metadata.name}?fieldManager=test`,
          "-X PATCH -H 'Content-Type: application/apply-patch+yaml' --data-binary @/root/object",
        );
        t.regex(said, /"uid": "/, `${kind} ${metadata.name}: ${said}`);
      }

      // Its own member is gone: it goes on with the others.
      await output(lab, 'etcd-1', 'systemctl stop etcd');
      const made = await eventually(
        () => create('second'),
        (said) => /"phase": "Active"|AlreadyExists/.test(said),
        30,
      );
      t.regex(made, /"phase": "Active"|AlreadyExists/);
      await output(lab, 'etcd-1', 'systemctl stop apiserver; systemctl start etcd');
    });
  },
);

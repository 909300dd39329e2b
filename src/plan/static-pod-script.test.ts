import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import { readSpec } from '../spec/read.ts';
import { buildPlans } from './build.ts';

// units/scripts/static-pod.sh, as it lands on hosts, with the manifest of a compiled spec: in namespaces in which it is
// root and alone.
const assets = await loadAssets();
const digest = `sha256:${'ab'.repeat(32)}`;
const { spec } = readSpec(
  `version: 1
cluster: {name: mycluster, size: 3}
targets: [aws]
address: {cidr: 10.0.0.0/8}
consul: {servers: members, join: [10.0.0.1], runtime: static-pod, image: "consul@${digest}"}
etcd: {version: 3.5.16, runtime: static-pod, image: "etcd@${digest}"}
tls: off
`,
  'x',
  ['aws'],
);
if (spec === undefined) throw new Error('the spec of this test is not valid');
const [plan] = buildPlans(spec, assets);
const content = (path: string) => plan?.files.find((file) => file.path === path)?.content ?? '';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-pod-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'static-pod'), content('/opt/quorumgate/libexec/static-pod'));
for (const name of ['etcd', 'consul']) {
  writeFileSync(join(folder, `${name}.json`), content(`/etc/quorumgate/pods/${name}.json`));
  // What it is called and told is all that the script knows a process by.
  writeFileSync(join(folder, name), '#!/bin/sh\nsleep 1000 &\ntrap "kill $!; echo told to end" TERM\nwait\n', {
    mode: 0o755,
  });
}

const STAGE = `
set -eu
mount -t tmpfs none /run && mount -t tmpfs none /var/log
for path in /etc/kubernetes/manifests /etc/quorumgate/pods; do mkdir -p /run/stage$path; done
cp /etc/passwd /etc/group /etc/nsswitch.conf /run/stage/etc/ 2>/dev/null || :
mount --bind /run/stage/etc /etc
echo 'etcd:x:990:991::/:/bin/false' >>/etc/passwd
echo 'consul:x:980:981::/:/bin/false' >>/etc/passwd
cp *.json /etc/quorumgate/pods/
export INVOCATION_ID=0123abcd QG_NAME=etcd-1 QG_ADDRESS=10.0.0.1 QG_DATA_DIR=/var/lib/etcd QG_METRICS_PORT=2381
export ETCD_INITIAL_CLUSTER_STATE=new ETCD_INITIAL_CLUSTER=etcd-1=http://10.0.0.1:2380,etcd-2=http://10.0.0.2:2380 ETCD_INITIAL_CLUSTER_TOKEN=1e9
manifest=/etc/kubernetes/manifests/quorumgate-etcd.json
step() { sh ./static-pod "$@"; }
`;

/** Runs a script on the stage; the output of both streams. */
function stage(script: string): { status: number | null; output: string } {
  const namespaces = ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const { status, stdout, stderr } = spawnSync('unshare', [...namespaces, 'sh', '-c', STAGE + script], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  // There is no systemd to tell it to.
  return { status, output: (stdout + stderr).replace(/^No status data could be sent.*\n/gm, '') };
}

const staged = process.getuid?.() === 0 && stage('').status === 0 ? test : test.skip;

staged('place: the manifest has the decision, this host, and the numbers of its user', (t) => {
  const { output } = stage(
    'step place etcd\nls -A /etc/kubernetes/manifests >&2\nls -d /run/quorumgate/pods/etcd/* >&2\ncat $manifest',
  );
  const pod = JSON.parse(output.slice(0, output.lastIndexOf('}') + 1));
  t.is(output.slice(output.lastIndexOf('}') + 1), '\nquorumgate-etcd.json\n/run/quorumgate/pods/etcd/0123abcd\n');
  t.notRegex(output, /@\{/);
  const [container] = pod.spec.containers;
  t.deepEqual(container.env, [
    { name: 'ETCD_INITIAL_CLUSTER_STATE', value: 'new' },
    { name: 'ETCD_INITIAL_CLUSTER', value: 'etcd-1=http://10.0.0.1:2380,etcd-2=http://10.0.0.2:2380' },
    { name: 'ETCD_INITIAL_CLUSTER_TOKEN', value: '1e9' },
  ]);
  t.true(container.command.includes('--listen-client-urls=http://10.0.0.1:2379,http://127.0.0.1:2379'));
  t.deepEqual([pod.spec.securityContext.runAsUser, pod.spec.securityContext.runAsGroup], [990, 991]);
  t.is(pod.metadata.uid, '0123abcd');
  t.is(pod.spec.volumes.at(-1).hostPath.path, '/run/quorumgate/pods/etcd/0123abcd');
});

staged('place: Consul’s needs no decision', (t) => {
  const { output } = stage(
    'unset ETCD_INITIAL_CLUSTER ETCD_INITIAL_CLUSTER_STATE ETCD_INITIAL_CLUSTER_TOKEN\nstep place consul\ncat /etc/kubernetes/manifests/quorumgate-consul.json',
  );
  const pod = JSON.parse(output);
  t.is(pod.metadata.name, 'consul-server');
  t.deepEqual(pod.spec.containers[0].command.slice(-2), ['-node=etcd-1', '-bind=10.0.0.1']);
  t.is(pod.spec.securityContext.runAsUser, 980);
});

for (const list of ['a=http://10.0.0.1:2380"},{"name":"X', 'a=$(id)', 'a=b\nc', 'a&b', 'a|b', 'a\\b']) {
  staged(`place: a list that is none becomes no part of a manifest: ${JSON.stringify(list)}`, (t) => {
    const quoted = `'${list.replaceAll("'", "'\\''")}'`;
    const { output } = stage(
      `export ETCD_INITIAL_CLUSTER=${quoted}\nstep place etcd && echo placed\nls -A /etc/kubernetes/manifests`,
    );
    t.regex(output, /^refusing: /);
    t.notRegex(output, /placed|json/);
  });
}

staged('clear: no manifest, no folder, no process; but no other process', (t) => {
  const { output } = stage(`
    step place etcd
    : >/etc/kubernetes/manifests/.quorumgate-etcd.new
    ./etcd --name=etcd-1 --data-dir=/var/lib/etcd & own=$!
    ./etcd --name=other --data-dir=/var/lib/etcd & other=$!
    ./etcd --name=etcd-1 --data-dir=/var/lib/etcd2 & another=$!
    ./consul agent -node=etcd-1 -data-dir=/var/lib/consul & consul=$!
    sleep 0.3
    step clear etcd
    ls -A /etc/kubernetes/manifests /run/quorumgate/pods
    for process in own other another consul; do eval "kill -0 \\$$process" 2>/dev/null && echo "$process lives"; done`);
  t.deepEqual(
    output.split('\n').filter((line) => !line.startsWith('stopping etcd (') && line !== ''),
    [
      'told to end',
      '/etc/kubernetes/manifests:',
      '/run/quorumgate/pods:',
      'other lives',
      'another lives',
      'consul lives',
    ],
  );
});

staged('clear: what the pod said last is in the journal', (t) => {
  const { output } = stage(`
    mkdir -p /var/log/pods/kube-system_etcd-etcd-1_0123abcd/etcd /var/log/pods/kube-system_etcd-etcd-1_0000/etcd
    echo 'cannot listen' >/var/log/pods/kube-system_etcd-etcd-1_0123abcd/etcd/0.log
    echo 'another start' >/var/log/pods/kube-system_etcd-etcd-1_0000/etcd/0.log
    step clear etcd`);
  t.is(output, 'cannot listen\n');
});

staged('watch: ends with the process, and with a pod that was over before it was seen', (t) => {
  const { output } = stage(`
    ./consul agent -node=etcd-1 -data-dir=/var/lib/consul & consul=$!
    { sleep 1; kill $consul; } &
    step watch consul && echo over
    mkdir -p /var/log/pods/kube-system_etcd-etcd-1_0123abcd/etcd
    : >/var/log/pods/kube-system_etcd-etcd-1_0123abcd/etcd/0.log
    step watch etcd || echo failed`);
  t.regex(output, /consul runs in its pod \(process \d+\)\n(told to end\n)?over\n/);
  t.regex(output, /etcd ended at once; its log is in the journal\nfailed\n$/);
});

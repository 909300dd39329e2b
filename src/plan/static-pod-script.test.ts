import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import { readSpec } from '../spec/read.ts';
import { inRoot, SHELLS } from '../testing/script.ts';
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
etcd: {version: 3.7.3, runtime: static-pod, image: "etcd@${digest}"}
tls: off
`,
  'x',
  ['aws'],
);
if (spec === undefined) throw new Error('the spec of this test is not valid');
const [plan] = buildPlans(spec, assets);
const content = (path: string) => plan?.files.find((file) => file.path === path)?.content ?? '';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-pod-'));
// Others than root are here too.
chmodSync(folder, 0o755);
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'static-pod'), content('/opt/quorumgate/libexec/static-pod'));
for (const name of ['etcd', 'consul']) {
  writeFileSync(join(folder, `${name}.json`), content(`/etc/quorumgate/pods/${name}.json`));
  // The script knows a process by its name and its arguments alone.
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
manifest=/etc/kubernetes/manifests/quorumgate-etcd.json
decision=/run/etcd/decision.env
install -d -m 0711 -o 990 -g 991 /run/etcd
step() { $shell ./static-pod "$@"; }
# A program of another user, in the background.
as() { exec setpriv --reuid "$1" --regid 991 --clear-groups -- "$2" "$3" "$4"; }
# Until processes are those programs.
run() { for process; do until grep -qx 'etcd\\|consul' "/proc/$process/comm"; do sleep 0.1; done; done; }
cat <<END >$decision
ETCD_INITIAL_CLUSTER=etcd-1=http://10.0.0.1:2380,etcd-2=http://10.0.0.2:2380
ETCD_INITIAL_CLUSTER_TOKEN=1e9
ETCD_INITIAL_CLUSTER_STATE=new
END
`;

/** Runs a script on the stage; the output of both streams, the first before the second. */
async function stage(script: string, shell: readonly string[]): Promise<{ output: string }> {
  const namespaces = ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const child = spawn('unshare', [...namespaces, 'sh', '-c', STAGE + script], {
    cwd: folder,
    timeout: 300_000,
    env: { PATH: process.env['PATH'], shell: shell.join(' ') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  // There is no systemd to tell it to.
  return { output: (stdout + stderr).replace(/^No status data could be sent.*\n/gm, '') };
}

const staged = inRoot ? test.serial : test.serial.skip;

for (const shell of SHELLS) {
  const name = shell.join(' ');

  staged(`${name}: place: the manifest has the decision, this host, and the numbers of its user`, async (t) => {
    const { output } = await stage(
      'step place etcd\nls -A /etc/kubernetes/manifests >&2\nls -d /run/quorumgate/pods/etcd/* >&2\ncat $manifest',
      shell,
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
    t.true(
      container.command.includes('--listen-client-urls=http://10.0.0.1:2379,http://127.0.0.1:2379,unix://client:0'),
    );
    t.deepEqual([pod.spec.securityContext.runAsUser, pod.spec.securityContext.runAsGroup], [990, 991]);
    t.deepEqual([pod.metadata.name, pod.metadata.uid], ['etcd-0123abcd', '0123abcd']);
    t.is(pod.spec.volumes.at(-1).hostPath.path, '/run/quorumgate/pods/etcd/0123abcd');
  });

  staged(`${name}: place: Consul’s needs no decision`, async (t) => {
    const { output } = await stage(
      'rm $decision\nstep place consul\ncat /etc/kubernetes/manifests/quorumgate-consul.json',
      shell,
    );
    const pod = JSON.parse(output);
    t.regex(pod.metadata.name, /^consul-server-[0-9a-f]+$/);
    t.deepEqual(pod.spec.containers[0].command.slice(-2), ['-node=etcd-1', '-bind=10.0.0.1']);
    t.is(pod.spec.securityContext.runAsUser, 980);
  });

  /** Things that user etcd may write: no decision comes of them, and nothing else. */
  for (const [what, written] of [
    ['nothing', 'rm $decision'],
    ['a directory', 'rm $decision; mkdir $decision'],
    ['a pipe that nobody writes to', 'rm $decision; mkfifo $decision'],
    ['a link to a decision', 'mv $decision /run/etcd/other; ln -s other $decision'],
    ['a link to what is root’s', 'rm $decision; ln -s /etc/passwd $decision'],
    ['a link to what has no end', 'rm $decision; ln -s /dev/zero $decision'],
    [
      'a decision behind more than is read',
      '{ head -c 70000 /dev/zero; echo; cat $decision; } >/run/etcd/x; mv /run/etcd/x $decision',
    ],
    ['no state', 'sed -i /_STATE/d $decision'],
    ['another state', 'sed -i s/=new/=newer/ $decision'],
    ['a state that is empty', 'sed -i s/=new/=/ $decision'],
    ['a founder without a list', 'sed -i "/CLUSTER=/d" $decision'],
    ['a founder without a token', 'sed -i "/_TOKEN/d" $decision'],
    ['a blank before a name', 'sed -i "s/^/ /" $decision'],
    ['export before a name', 'sed -i "s/^/export /" $decision'],
    ['quotes', `sed -i "s/=/='/; s/$/'/" $decision`],
    ['the ends of lines of another system', 'sed -i "s/$/\\r/" $decision'],
    ['a zero byte in each line', 'sed -i "s/$/\\x00/" $decision'],
    ['a byte that is no UTF-8', 'sed -i "s/$/\\xff/" $decision'],
    ...[
      'a=http://10.0.0.1:2380"},{"name":"X',
      'a=$(id)',
      'a=b\nc',
      'a&b',
      'a|b',
      'a\\b',
      'a b',
      '`id`',
      'a\u001b[2J',
    ].map((list) => [
      `the list ${JSON.stringify(list)}`,
      `printf 'ETCD_INITIAL_CLUSTER=%s\n' '${list}' >$decision; echo ETCD_INITIAL_CLUSTER_STATE=new >>$decision; echo ETCD_INITIAL_CLUSTER_TOKEN=1 >>$decision`,
    ]),
  ] as [string, string][]) {
    // Its first line is a list where what follows the end of the line is no line of a decision.
    const isCut = written.includes('a=b\nc');
    staged(`${name}: place: ${what} is no decision`, async (t) => {
      const { output } = await stage(
        `${written}\nstep place etcd && echo placed\nls -A /etc/kubernetes/manifests\ncat $manifest`,
        shell,
      );
      if (isCut) t.true(JSON.parse(output.slice(output.indexOf('{'))).spec.containers[0].env[1].value === 'a=b');
      else t.regex(output, /^refusing: the gate has left no decision in \/run\/etcd\/decision\.env\ncat: /);
    });
  }

  staged(
    `${name}: place: what else is in the decision is no variable of root's, and no part of the manifest`,
    async (t) => {
      const { output } = await stage(
        `
    printf '#!/bin/sh\\n: >/run/taken\\nexec /bin/%s "$@"\\n' sed >/run/etcd/sed; chmod 755 /run/etcd/sed
    for name in mv mkdir id dd head tail grep; do cp /run/etcd/sed /run/etcd/$name; done
    echo ': >/run/taken' >/run/etcd/rc
    for line in PATH=/run/etcd ENV=/run/etcd/rc BASH_ENV=/run/etcd/rc LD_PRELOAD=/run/etcd/x.so IFS=/ INVOCATION_ID=../../x \\
      QG_NAME=evil QG_ADDRESS=6.6.6.6 'ETCD_NAME=x' 'PS4=$(touch /run/taken)' 'ETCD_INITIAL_CLUSTER_STATE=x"y' '$(touch /run/taken)' '; touch /run/taken'; do
      printf '%s\\n' "$line"
    done | cat - $decision >/run/etcd/new
    mv /run/etcd/new $decision
    step place etcd; ls /run/quorumgate/pods/etcd; ls /run/taken || :; cat $manifest`,
        shell,
      );
      t.regex(output, /^0123abcd\n\{[\s\S]*\nls: cannot access '\/run\/taken'/);
      t.notRegex(output, /evil|6\.6\.6\.6|run\/etcd\/x/);
      t.deepEqual(
        JSON.parse(/\{[\s\S]*\}/.exec(output)?.[0] ?? '').spec.containers[0].env.map(
          ({ value }: { value: string }) => value,
        ),
        ['new', 'etcd-1=http://10.0.0.1:2380,etcd-2=http://10.0.0.2:2380', '1e9'],
      );
    },
  );

  for (const [variable, value] of [
    ['QG_NAME', 'a"b'],
    ['QG_NAME', 'a|b'],
    ['QG_NAME', ''],
    ['QG_ADDRESS', '1.2.3.4\u001b[2J'],
  ]) {
    staged(`${name}: place: no host is called ${variable}=${JSON.stringify(value)}`, async (t) => {
      const { output } = await stage(
        `export ${variable}='${value}'\nstep place etcd && echo placed\nls -A /etc/kubernetes/manifests`,
        shell,
      );
      t.regex(output, /^refusing: no name or address is like this: [ -~]*\n$/);
    });
  }

  staged(`${name}: clear: no manifest, no folder, no process; but no other process`, async (t) => {
    const { output } = await stage(
      `
    step place etcd
    : >/etc/kubernetes/manifests/.quorumgate-etcd.new
    as 990 ./etcd --name=etcd-1 --data-dir=/var/lib/etcd & own=$!
    as 990 ./etcd --name=other --data-dir=/var/lib/etcd & other=$!
    as 990 ./etcd --name=etcd-1 --data-dir=/var/lib/etcd2 & another=$!
    as 980 ./consul -node=etcd-1 -data-dir=/var/lib/consul & consul=$!
    # Called and told the same, and nobody who could be this host's etcd.
    as 65534 ./etcd --name=etcd-1 --data-dir=/var/lib/etcd & stranger=$!
    run $own $other $another $consul $stranger
    step clear etcd
    ls -A /etc/kubernetes/manifests /run/quorumgate/pods
    for process in own other another consul stranger; do eval "kill -0 \\$$process" 2>/dev/null && echo "$process lives"; done
    kill $other $another $consul $stranger`,
      shell,
    );
    t.deepEqual(
      output.split('\n').filter((line) => !/^(stopping etcd \(|told to end$|$)/.test(line)),
      [
        '/etc/kubernetes/manifests:',
        '/run/quorumgate/pods:',
        'other lives',
        'another lives',
        'consul lives',
        'stranger lives',
      ],
    );
  });

  staged(`${name}: clear: what the pod said last is in the journal`, async (t) => {
    const { output } = await stage(
      `
    mkdir -p /var/log/pods/kube-system_etcd-etcd-1_0123abcd/etcd /var/log/pods/kube-system_etcd-etcd-1_0000/etcd
    echo 'cannot listen' >/var/log/pods/kube-system_etcd-etcd-1_0123abcd/etcd/0.log
    echo 'another start' >/var/log/pods/kube-system_etcd-etcd-1_0000/etcd/0.log
    step clear etcd`,
      shell,
    );
    t.is(output, 'cannot listen\n');
  });

  staged(
    `${name}: watch: ends with the process, not with a stranger’s, and with a pod that was over before it was seen`,
    async (t) => {
      const { output } = await stage(
        `
    as 65534 ./consul -node=etcd-1 -data-dir=/var/lib/consul & stranger=$!
    run $stranger
    as 980 ./consul -node=etcd-1 -data-dir=/var/lib/consul & consul=$!
    step watch consul >/run/watched & watch=$!
    until grep -qs 'runs in its pod' /run/watched; do sleep 0.1; done
    kill $consul
    wait $watch && cat /run/watched && echo "over: $consul, not $stranger"
    kill $stranger
    mkdir -p /var/log/pods/kube-system_etcd-etcd-1_0123abcd/etcd
    : >/var/log/pods/kube-system_etcd-etcd-1_0123abcd/etcd/0.log
    step watch etcd || echo failed`,
        shell,
      );
      const pid = /consul runs in its pod \(process (\d+)\)/.exec(output)?.[1];
      t.regex(output, new RegExp(`\\nover: ${pid}, not \\d+\\n`));
      t.regex(output, /etcd ended at once; its log is in the journal\nfailed\n$/);
    },
  );
}

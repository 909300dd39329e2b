import test, { type ExecutionContext } from 'ava';
import { loadAssets } from '../../../io/assets.ts';
import { bootableFrom } from '../../compile/compile-for-lab.ts';
import { provideKubelet } from '../../image/kubelet-program.ts';
import { readManifest } from '../../image/program/manifest.ts';
import { type Lab, layoutOf } from '../../lab.ts';
import { etcdOf, inLab, labSpec, labTest, output, type TestLabOptions } from '../lab-testing.ts';

const ANY = 'ab'.repeat(32);
/** With the sidekicks inline a member with pods is over EC2's limit. */
const programs = `{sidekick: {url: "https://artifacts.example.com/etcd-sidekick", sha256: ${ANY}}}`;
const etcd = (runtime: 'service' | 'static-pod', version: string) =>
  `{version: ${version}, replaceDeadAfter: 10${runtime === 'service' ? '' : `, runtime: static-pod, image: "etcd@sha256:${ANY}"`}}`;

export const asServices = labSpec({ programs, etcd: etcd('service', '3.5.16') });
export const etcdInPods = (changes: { version?: string; consul?: string } = {}) =>
  labSpec({
    programs,
    etcd: etcd('static-pod', changes.version ?? '3.5.16'),
    ...(changes.consul === undefined ? {} : { consul: changes.consul }),
  });
export const consulInPods = (servers: string) =>
  `{servers: ${servers}, runtime: static-pod, image: "consul@sha256:${ANY}"}`;

const targets = ['kubelet'];
export const MANIFEST = '/etc/kubernetes/manifests/quorumgate-etcd.json';

/** Whether hosts get a real kubelet. */
export const isReal = readManifest(layoutOf().cache).some(({ program }) => program === 'kubernetes');
/** A test of what only a real kubelet does. */
export const kubeletTest = isReal ? labTest : test.serial.skip;

/** The cgroup of a pod's process: podman's, or as runc calls that of a container of containerd's. */
export const IN_POD = isReal ? /runc-[0-9a-f]{64}\.scope/ : /libpod-/;

/** Boots a lab of hosts with a kubelet, and says what it had and how long it took. */
export async function inPodLab(
  t: ExecutionContext,
  options: TestLabOptions,
  use: (lab: Lab) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const { note } = await provideKubelet(layoutOf().cache);
  await inLab({ targets, timeoutSeconds: 300, ...options }, async (lab) => {
    const up = seconds();
    const [first = { name: '' }] = lab.hosts;
    const asked = `dpkg-query -W -f '\${Package} \${Version}, ' containerd runc podman`;
    t.log(`needed: ${lab.hosts.length} hosts, Debian's ${await output(lab, first.name, asked)} ${note}`);
    await use(lab);
    t.log(`all up after ${up}, the whole test ${seconds()}`);
  });
}

/** Lines of the kubelet's journal since the host's boot that match. */
export async function kubeletSaid(lab: Lab, host: string, text: RegExp): Promise<string[]> {
  const journal = await output(lab, host, 'journalctl -b -o cat --no-pager -u kubelet');
  return journal.split('\n').filter((line) => text.test(line));
}

/** That host's etcd is a pod's: confined as the manifest says, and as the same user as the data. */
export async function assertInPod(t: ExecutionContext, lab: Lab, host: string): Promise<void> {
  const pid = await etcdOf(lab, host);
  t.regex(await output(lab, host, `cat /proc/${pid}/cgroup`), IN_POD, host);
  const status = await output(lab, host, `cat /proc/${pid}/status`);
  for (const line of [/^CapEff:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m]) t.regex(status, line, host);
  t.is(await output(lab, host, `stat -c %u /proc/${pid}`), await output(lab, host, 'stat -c %u /var/lib/etcd/member'));
  t.regex(await output(lab, host, `touch /proc/${pid}/root/x`), /Read-only file system/);
}

/** The user-data of a member by another spec, for hosts of this lab, and the image of etcd in it. */
export async function memberBy(lab: Lab, text: string): Promise<{ userData: string; image: string }> {
  const { directory } = lab.layout;
  const { files, spec } = await bootableFrom({
    text,
    file: 'test.yaml',
    assets: await loadAssets(),
    directory,
    targets,
  });
  const found = files.find(({ path }) => path === 'aws/etcd/user-data.yaml')?.bytes ?? [];
  return { userData: Buffer.from(found).toString('utf8'), image: spec.etcd.image ?? '' };
}

/** A host that goes on with new user-data in place, as docs/static-pod.md says. */
export async function provision(lab: Lab, host: string, userData: string): Promise<void> {
  await lab.exec(host, ['sh', '-c', 'cat >/user-data.yaml'], { input: userData });
  await output(
    lab,
    host,
    `systemctl stop etcd consul
    cloud-init --file user-data.yaml single --name write_files --frequency always
    sh /opt/quorumgate/libexec/first-boot`,
  );
}

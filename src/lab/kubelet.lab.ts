import type { ExecutionContext } from 'ava';
import type { Lab } from './handle.ts';
import { assertHealed, assertSound, eventually, inLab, labSpec, labTest, memberIds, output } from './lab-testing.ts';

const ANY = 'ab'.repeat(32);
/** With the sidekicks inline a member with pods is over EC2's limit. */
const programs = `{sidekick: {url: "https://artifacts.example.com/etcd-sidekick", sha256: ${ANY}}}`;
const etcd = `{version: 3.5.16, replaceDeadAfter: 10, runtime: static-pod, image: "etcd@sha256:${ANY}"}`;

const inPods = labSpec({ programs, etcd });
const targets = ['kubelet'];

const put = (lab: Lab, host: string, key: string) => lab.etcdctl(host, ['put', key, key]);
const get = async (lab: Lab, host: string, key: string) => (await lab.etcdctl(host, ['get', key])).stdout;
const etcdOf = (lab: Lab, host: string) => output(lab, host, 'pgrep -x etcd').catch(() => '');
const members = (lab: Lab) => lab.hosts.map(({ name }) => name);

/** That host's etcd is a pod's: confined as the manifest says, and as the same user as the data. */
async function assertInPod(t: ExecutionContext, lab: Lab, host: string): Promise<void> {
  const pid = await etcdOf(lab, host);
  t.regex(await output(lab, host, `cat /proc/${pid}/cgroup`), /libpod-/, host);
  const status = await output(lab, host, `cat /proc/${pid}/status`);
  for (const line of [/^CapEff:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m]) t.regex(status, line, host);
  t.is(await output(lab, host, `stat -c %u /proc/${pid}`), await output(lab, host, 'stat -c %u /var/lib/etcd/member'));
  t.regex(await output(lab, host, `touch /proc/${pid}/root/x`), /Read-only file system/);
}

/** What the manifest asks for answers: 200 each. */
async function assertProbes(t: ExecutionContext, lab: Lab, host: string): Promise<void> {
  const manifest = JSON.parse(await output(lab, host, 'cat /etc/kubernetes/manifests/quorumgate-etcd.json'));
  const [container] = manifest.spec.containers;
  for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    const { host: address, port, path } = container[name].httpGet;
    const code = await output(lab, host, `curl -s -o /dev/null -w '%{http_code}' http://${address}:${port}${path}`);
    t.is(code, '200', name);
  }
}

async function offAndOn(t: ExecutionContext, lab: Lab): Promise<void> {
  const before = await memberIds(lab);
  // etcd brings its database to the disk ten times a second.
  await eventually(async () => false, Boolean, 1);
  for (const name of members(lab)) await lab.kill(name);
  for (const name of members(lab)) await lab.start(name);
  await assertHealed(t, lab, before, []);
}

labTest('static pods: one cluster; reboot, wipe, replace, all off and on', async (t) => {
  t.timeout(1_500_000);
  await inLab({ text: inPods, targets, timeoutSeconds: 300 }, async (lab) => {
    await assertSound(t, lab);
    for (const name of members(lab)) await assertInPod(t, lab, name);
    await assertProbes(t, lab, 'etcd-1');
    await put(lab, 'etcd-1', 'kept');

    let before = await memberIds(lab);
    await lab.fault.reboot('etcd-1');
    await assertHealed(t, lab, before, []);
    await lab.fault.wipe('etcd-2');
    await assertHealed(t, lab, before, ['etcd-2']);
    before = await memberIds(lab);
    await lab.fault.replace('etcd-3');
    await assertHealed(t, lab, before, ['etcd-4']);
    await offAndOn(t, lab);
    t.regex(await get(lab, 'etcd-4', 'kept'), /kept/);
    for (const name of members(lab)) await assertInPod(t, lab, name);
  });
});

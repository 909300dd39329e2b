import { readFileSync, writeFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { lostWrites } from '../../chaos/check.ts';
import { startWriter } from '../../chaos/writer.ts';
import type { Lab } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import {
  assertHealed,
  assertSound,
  assertWhole,
  etcdOf,
  eventually,
  labTest,
  memberIds,
  operate,
  output,
  says,
} from '../lab-testing.ts';
import {
  asServices,
  assertInPod,
  consulInPods,
  etcdInPods,
  IN_POD,
  inPodLab,
  memberBy,
  provision,
} from './pods-testing.ts';

const put = (lab: Lab, host: string, key: string) => lab.etcdctl(host, ['put', key, key]);
const get = async (lab: Lab, host: string, key: string) => (await lab.etcdctl(host, ['get', key])).stdout;
const members = (lab: Lab) => lab.hosts.map(({ name }) => name);

/** Paths that the manifest asks for answer: 200 each. */
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
  await inPodLab(t, { text: etcdInPods() }, async (lab) => {
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

labTest('static pods of Consul too: one cluster; agent killed, wipe, all off and on', async (t) => {
  t.timeout(1_500_000);
  const text = etcdInPods({ consul: consulInPods('members, join: [10.77.0.101]') });
  await inPodLab(t, { text }, async (lab) => {
    await assertSound(t, lab);
    t.is(await output(lab, 'etcd-1', 'ls /opt/quorumgate/bin/etcd /opt/quorumgate/bin/consul 2>/dev/null'), '');
    await put(lab, 'etcd-1', 'kept');
    const consul = await output(lab, 'etcd-2', 'pgrep -x consul');
    const [before, own] = [await memberIds(lab), await etcdOf(lab, 'etcd-2')];
    await lab.fault.kill('etcd-2', { program: 'consul' });
    const again = (pid: string) => /^\d+$/.test(pid) && pid !== consul;
    t.true(again(await eventually(() => output(lab, 'etcd-2', 'pgrep -x consul'), again, 60)));
    t.is(await etcdOf(lab, 'etcd-2'), own, 'etcd does not mind');
    await lab.fault.wipe('etcd-2');
    await assertHealed(t, lab, before, ['etcd-2']);
    await offAndOn(t, lab);
    t.regex(await get(lab, 'etcd-2', 'kept'), /kept/);
  });
});

labTest('static pods: nothing but the gate starts etcd, and nothing but its unit ends it', async (t) => {
  t.timeout(1_200_000);
  await inPodLab(t, { text: etcdInPods() }, async (lab) => {
    const before = await memberIds(lab);
    const pid = await etcdOf(lab, 'etcd-1');
    for (const command of [
      'restart kubelet',
      'kill -s KILL kubelet',
      'restart containerd',
      'stop kubelet containerd',
    ]) {
      await output(lab, 'etcd-1', `systemctl ${command}`);
      await eventually(async () => false, Boolean, 3);
      t.is(await etcdOf(lab, 'etcd-1'), pid, command);
    }
    // The kubelet is away: the unit ends etcd by itself, and waits for it to start it.
    t.is(await output(lab, 'etcd-1', 'systemctl stop etcd'), '');
    t.is(await etcdOf(lab, 'etcd-1'), '');
    await output(lab, 'etcd-1', 'systemctl start --no-block etcd');
    t.regex(await says(lab, 'etcd-1', /waiting for the kubelet/), /waiting for the kubelet/);
    await output(lab, 'etcd-1', 'systemctl start containerd kubelet');
    await assertHealed(t, lab, before, []);

    // Killed: again, through the gate.
    await lab.fault.kill('etcd-1', { program: 'etcd' });
    await assertHealed(t, lab, before, []);
    t.is(
      await output(
        lab,
        'etcd-1',
        "journalctl -b -o cat --no-pager -u etcd | grep -c 'etcd has its data here: starting'",
      ),
      '2',
    );
    t.is(await output(lab, 'etcd-1', "journalctl -b -o cat --no-pager -u etcd | grep -c 'context canceled'"), '0');

    // A copy that an editor has left, and the manifest itself when the power goes: with the gate shut neither starts etcd.
    const folder = '/etc/kubernetes/manifests';
    await output(lab, 'etcd-1', `cp ${folder}/quorumgate-etcd.json ${folder}/copy.json~ && systemctl restart kubelet`);
    const foreign = 's/"machineId":"\\([0-9a-f]*\\)"/"machineId":"0000\\1"/';
    await output(lab, 'etcd-1', `sed -i '${foreign}' /var/lib/etcd/quorumgate.json; sync; ls ${folder}`);
    t.is(await output(lab, 'etcd-1', `ls ${folder}`), 'copy.json~\nquorumgate-etcd.json');
    await lab.fault.reboot('etcd-1');
    t.regex(await says(lab, 'etcd-1', /made on another machine/), /made on another machine/);
    t.is(await output(lab, 'etcd-1', `ls -A ${folder}`), 'copy.json~');
    const tried = await eventually(
      () =>
        output(
          lab,
          'etcd-1',
          "journalctl -b -o cat --no-pager -u kubelet | grep -cE 'no such file or directory|hostPath type check failed'",
        ),
      (count) => Number(count) > 1,
      60,
    );
    t.true(Number(tried) > 1, 'the kubelet has tried the copy');
    t.is(await etcdOf(lab, 'etcd-1'), '');
    await output(lab, 'etcd-1', 'sed -i \'s/"machineId":"0000/"machineId":"/\' /var/lib/etcd/quorumgate.json');
    await output(lab, 'etcd-1', `rm ${folder}/copy.json~`);
    await assertHealed(t, lab, before, []);
  });
});

labTest("static pods, Consul's servers too: restored from a snapshot, with the image's own program", async (t) => {
  t.timeout(1_500_000);
  const consul = consulInPods('role, count: 3, join: [10.77.0.11, 10.77.0.12, 10.77.0.13]');
  const text = etcdInPods({ consul });
  await inPodLab(t, { text }, async (lab) => {
    await assertSound(t, lab);
    t.regex(await output(lab, 'consul-server-1', 'cat /proc/$(pgrep -x consul)/cgroup'), IN_POD);
    const etcds = ['etcd-1', 'etcd-2', 'etcd-3'];
    const { predicted } = await lab.cluster();
    await put(lab, 'etcd-1', 'kept');
    t.is((await lab.etcdctl('etcd-1', ['snapshot', 'save', '/root/snapshot.db'])).exitCode, 0);
    const snapshot = readFileSync(`${hostPaths(lab.layout, 'etcd-1').root}/root/snapshot.db`);
    const manifest = JSON.parse(await output(lab, 'etcd-1', 'cat /etc/kubernetes/manifests/quorumgate-etcd.json'));
    const [{ image }] = manifest.spec.containers;
    for (const name of etcds) await lab.kill(name);
    for (const name of etcds) await lab.start(name, { wipe: true });
    for (const name of etcds) await says(lab, name, /quorumgate reset, or restore/);

    const args = ['restore', 'SPEC', '--snapshot', 'SNAPSHOT', '--seed', 'etcd-2', '--lost', ...etcds, '--yes'];
    const restored = await operate(lab, 'etcd-1', text, args, snapshot);
    t.is(restored.exitCode, 0, restored.stderr);
    await output(lab, 'etcd-2', 'mv /usr/bin/etcdctl /root/');
    writeFileSync(`${hostPaths(lab.layout, 'etcd-2').root}/root/brought.db`, snapshot);
    await output(lab, 'etcd-2', 'install -o etcd -m 600 /root/brought.db /var/lib/etcd/restore.db');
    const without = /etcdutl is not there; put it there/;
    t.regex(await says(lab, 'etcd-2', without), without);
    // As docs/static-pod.md says; here nothing has pulled it into containerd, which has no overlay on an overlay.
    const ctr = 'ctr -n k8s.io images';
    const taken = await output(
      lab,
      'etcd-2',
      `set -e
      ${ctr} pull --plain-http --snapshotter native ${image}
      ${ctr} mount --snapshotter native ${image} /mnt
      install /mnt/usr/local/bin/etcd*tl /opt/quorumgate/bin/
      ${ctr} unmount /mnt
      /opt/quorumgate/bin/etcdctl version
      mv /root/etcdctl /usr/bin/`,
    );
    t.regex(taken, /etcdctl version: 3\.(?!4\.)/);
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
    await assertSound(t, lab);
    await assertWhole(t, lab);
    t.not((await lab.cluster()).predicted, predicted);
    for (const name of etcds) t.regex(await get(lab, name, 'kept'), /kept/);
  });
});

labTest('from services to static pods and back, one host at a time, under a writer', async (t) => {
  t.timeout(1_500_000);
  await inPodLab(t, { text: asServices }, async (lab) => {
    const before = await assertWhole(t, lab);
    const { predicted } = await lab.cluster();
    const writer = startWriter(lab, 'w');
    for (const [text, runs] of [
      [etcdInPods(), IN_POD],
      [asServices, /etcd\.service/],
    ] as const) {
      const { userData } = await memberBy(lab, text);
      for (const name of members(lab)) {
        await provision(lab, name, userData);
        if (text === asServices) await output(lab, name, 'systemctl disable --now kubelet containerd');
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up', name);
        t.regex(await output(lab, name, `cat /proc/${await etcdOf(lab, name)}/cgroup`), runs, name);
      }
      t.deepEqual(await assertWhole(t, lab), before, 'the same members');
      await assertSound(t, lab);
    }
    t.deepEqual((await lab.cluster()).actual, [predicted]);
    const written = await writer.stop();
    t.log(`${written.acknowledged.length} writes, the longest gap ${written.longestGap.toFixed(1)} s`);
    t.true(written.acknowledged.length > 10);
    t.deepEqual(await lostWrites(lab, written), []);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { lostWrites } from '../../chaos/check.ts';
import { startWriter } from '../../chaos/writer.ts';
import { monotonic } from '../../host/host.ts';
import { readManifest } from '../../image/program/manifest.ts';
import { type Lab, layoutOf } from '../../lab.ts';
import {
  assertHealed,
  assertSound,
  assertWhole,
  etcdOf,
  eventually,
  labTest,
  memberIds,
  output,
} from '../lab-testing.ts';
import {
  assertInPod,
  etcdInPods,
  inPodLab,
  isReal,
  kubeletSaid,
  kubeletTest,
  MANIFEST,
  memberBy,
  provision,
} from './pods-testing.ts';

const { cache } = layoutOf();
const [OLD, NEXT] = ['3.5.16', '3.5.35'] as const;
const built = readManifest(cache).filter(({ program }) => program === 'etcd');
const upgradeTest = built.some(({ version }) => version === NEXT) ? labTest : test.serial.skip;

const HOSTS = ['etcd-1', 'etcd-2', 'etcd-3'] as const;

/** Words of the kubelet on a probe of that host's etcd, oldest first. */
async function probed(lab: Lab, host: string, probe: string): Promise<string[]> {
  const lines = await kubeletSaid(lab, host, new RegExp(`"SyncLoop \\(probe\\)".*probe="${probe}".*kube-system/etcd-`));
  return lines.map((line) => /status="([^"]*)"/.exec(line)?.[1] ?? '');
}

/** Waits for its last word on a probe; seconds. */
async function untilProbed(t: ExecutionContext, lab: Lab, host: string, probe: string, status: string, limit: number) {
  const from = monotonic();
  const last = await eventually(
    async () => (await probed(lab, host, probe)).at(-1),
    (word) => word === status,
    limit,
  );
  t.is(last, status, `${host}: ${probe}`);
  const seconds = monotonic() - from;
  t.log(`${host}: ${probe} "${status}" after ${seconds.toFixed(0)} s`);
  return seconds;
}

kubeletTest(
  'a real kubelet: etcd is started, ready and alive by its probes; frozen, it is ended and gated anew',
  async (t) => {
    t.timeout(1_500_000);
    await inPodLab(t, { text: etcdInPods() }, async (lab) => {
      const before = await memberIds(lab);
      for (const host of HOSTS) {
        await untilProbed(t, lab, host, 'startup', 'started', 30);
        await untilProbed(t, lab, host, 'readiness', 'ready', 30);
      }

      // etcd-1 is left without a quorum: alive it is, ready it is not.
      const [pid, frozen] = [await etcdOf(lab, 'etcd-1'), await etcdOf(lab, 'etcd-3')];
      await output(lab, 'etcd-2', 'systemctl stop etcd');
      await lab.fault.freeze('etcd-3', { program: 'etcd' });
      await untilProbed(t, lab, 'etcd-1', 'readiness', 'not ready', 90);
      // Eight times in a row etcd-3 has not answered in time, and then for thirty seconds not heeded SIGTERM.
      await untilProbed(t, lab, 'etcd-3', 'liveness', 'unhealthy', 240);
      const from = monotonic();
      const next = await eventually(
        () => etcdOf(lab, 'etcd-3'),
        (now) => /^\d+$/.test(now) && now !== frozen,
        120,
      );
      t.log(`another etcd on etcd-3 ${(monotonic() - from).toFixed(0)} s after that`);
      t.regex(next, /^\d+$/);
      t.not(next, frozen);
      t.is(await etcdOf(lab, 'etcd-1'), pid, 'a member without a quorum is not ended');
      t.deepEqual(await probed(lab, 'etcd-1', 'liveness'), []);
      await output(lab, 'etcd-2', 'systemctl start --no-block etcd');
      await assertHealed(t, lab, before, []);
      await untilProbed(t, lab, 'etcd-1', 'readiness', 'ready', 60);
      await assertInPod(t, lab, 'etcd-3');
      const gated = "journalctl -b -o cat --no-pager -u etcd | grep -c 'etcd has its data here: starting'";
      t.is(await output(lab, 'etcd-3', gated), '1', 'through the gate');
    });
  },
);

labTest('static pods: the manifest taken away, put back, touched, and beside an old copy', async (t) => {
  t.timeout(900_000);
  await inPodLab(t, { text: etcdInPods() }, async (lab) => {
    const before = await memberIds(lab);
    const again = async (what: string, command: string) => {
      const [pid, from] = [await etcdOf(lab, 'etcd-1'), monotonic()];
      await output(lab, 'etcd-1', command);
      const another = (now: string) => /^\d+$/.test(now) && now !== pid;
      t.true(another(await eventually(() => etcdOf(lab, 'etcd-1'), another, 90)), `${what}: one, and another`);
      t.log(`${what}: another etcd after ${(monotonic() - from).toFixed(1)} s`);
      await assertHealed(t, lab, before, []);
      return etcdOf(lab, 'etcd-1');
    };
    await again('taken away', `rm ${MANIFEST}`);
    await again('moved away and back', `mv ${MANIFEST} /root/away && sleep 3 && mv /root/away ${MANIFEST}`);
    // It may have come back over that of the next start, which then was over.
    await sleep(10_000);
    await assertHealed(t, lab, before, []);
    const pid = await etcdOf(lab, 'etcd-1');
    // One manifest is one pod, whoever has touched it. The kubelet reads all of them three times a minute.
    await output(lab, 'etcd-1', `cp ${MANIFEST} /root/copy && mv /root/copy ${MANIFEST} && touch ${MANIFEST}`);
    await sleep(25_000);
    t.is(await etcdOf(lab, 'etcd-1'), pid, 'touched');
    // Beside it one of an earlier start, as an editor leaves it.
    for (const copy of ['quorumgate-etcd.json~', 'copy.json~']) {
      const place = MANIFEST.replace('quorumgate-etcd.json', copy);
      const next = await again(`beside an old ${copy}`, `cp ${MANIFEST} ${place} && systemctl restart etcd`);
      await sleep(25_000);
      t.is(await etcdOf(lab, 'etcd-1'), next, copy);
      await output(lab, 'etcd-1', `rm ${place}`);
      await sleep(5000);
      t.is(await etcdOf(lab, 'etcd-1'), next, `${copy} is gone`);
    }
    await assertHealed(t, lab, before, []);
  });
});

upgradeTest('static pods: etcd is upgraded by another image, one host at a time, under a writer', async (t) => {
  t.timeout(1_500_000);
  await inPodLab(t, { text: etcdInPods({ version: OLD }) }, async (lab) => {
    const before = await assertWhole(t, lab);
    const versions = async () => (await lab.cluster()).rows.map(({ version }) => version);
    t.deepEqual(await versions(), [OLD, OLD, OLD]);
    // The writer's own: hosts with pods fetch none.
    for (const host of HOSTS) await output(lab, host, 'install /usr/bin/etcdctl /opt/quorumgate/bin/');
    const writer = startWriter(lab, 'w');
    const { userData, image } = await memberBy(lab, etcdInPods({ version: NEXT }));
    // As docs/static-pod.md says; containerd's registry is by plain http here, and has no overlay on an overlay.
    t.regex(
      await output(lab, 'etcd-3', `ctr -n k8s.io images pull --plain-http --snapshotter native ${image}`),
      /done/,
    );
    for (const host of HOSTS) {
      await provision(lab, host, userData);
      t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up', host);
      await assertInPod(t, lab, host);
    }
    t.deepEqual(await versions(), [NEXT, NEXT, NEXT]);
    const pulls = `journalctl -b -o cat --no-pager -u containerd | grep PullImage | grep -c ${image.split('@')[1]}`;
    if (isReal) t.deepEqual([await output(lab, 'etcd-2', pulls), await output(lab, 'etcd-3', pulls)], ['2', '0']);
    t.deepEqual(await assertWhole(t, lab), before, 'the same members');
    await assertSound(t, lab);
    const written = await writer.stop();
    t.log(`${written.acknowledged.length} writes, the longest gap ${written.longestGap.toFixed(1)} s`);
    t.true(written.acknowledged.length > 10);
    t.deepEqual(await lostWrites(lab, written), []);
  });
});

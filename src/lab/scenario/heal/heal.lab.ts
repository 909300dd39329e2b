import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import {
  assertHealed,
  assertSound,
  etcdOf,
  eventually,
  inLab,
  labSpec,
  labTest,
  memberIds,
  operate,
  output,
  relearn,
  says,
  serverRole,
} from '../lab-testing.ts';

/** So that the tests need not wait a minute for somebody to be dead. */
const etcd = '{version: 3.5.16, replaceDeadAfter: 10}';
const three = labSpec({ etcd });
// Its hosts are all replaced in the end: what they join is elsewhere.
const five = labSpec({ etcd, cluster: '{name: mycluster, size: 5}', consul: serverRole });
const runs = Number(process.env.RUNS ?? 10);

const put = (lab: Lab, host: string, key: string) => lab.etcdctl(host, ['put', key, key]);
const get = async (lab: Lab, host: string, key: string) => (await lab.etcdctl(host, ['get', key])).stdout;

labTest('a wiped disk, a new address, the same address: each is a new member', async (t) => {
  t.timeout(900_000);
  await inLab({ text: three }, async (lab) => {
    let before = await memberIds(lab);
    await put(lab, 'etcd-1', 'kept');
    await lab.fault.wipe('etcd-2');
    await assertHealed(t, lab, before, ['etcd-2']);

    before = await memberIds(lab);
    await lab.fault.replace('etcd-3');
    await assertHealed(t, lab, before, ['etcd-4']);

    before = await memberIds(lab);
    await lab.fault.replace('etcd-1', { sameAddress: true });
    t.is(lab.host('etcd-5').address, '10.77.0.101');
    await assertHealed(t, lab, before, ['etcd-5']);
    t.regex(await get(lab, 'etcd-5', 'kept'), /kept/);
  });
});

labTest(`two replaced at the same moment, ${runs} runs`, async (t) => {
  t.timeout(runs * 240_000 + 300_000);
  await inLab({ text: five }, async (lab) => {
    for (let run = 1; run <= runs; run++) {
      const before = await memberIds(lab);
      const members = () => lab.hosts.filter(({ role }) => role === 'etcd').map(({ name }) => name);
      const both = members().filter((_, index) => [run % 5, (run + 2) % 5].includes(index));
      const sameAddress = run % 2 === 0;
      await Promise.all(both.map((name) => lab.fault.replace(name, { sameAddress })));
      const fresh = members().filter((name) => !before.has(name));
      t.is(fresh.length, 2);
      await assertHealed(t, lab, before, fresh);
    }
  });
});

labTest('a host that is full of another life: killed at each step of joining', async (t) => {
  t.timeout(900_000);
  await inLab({ text: three }, async (lab) => {
    for (const moment of ['removed member', 'added this host', 'starting as member', 'Started etcd']) {
      const before = await memberIds(lab);
      await lab.fault.wipe('etcd-2');
      const journal = `journalctl -b -o cat --no-pager -u etcd | grep -c '${moment}'`;
      await eventually(
        () => output(lab, 'etcd-2', journal).catch(() => '0'),
        (count) => count !== '0',
        90,
      );
      await lab.fault.reboot('etcd-2');
      await assertHealed(t, lab, before, ['etcd-2']);
    }
  });
});

labTest(
  'two of three disks wiped, the survivor off: nobody starts; with the survivor every key is there',
  async (t) => {
    t.timeout(900_000);
    const spec = labSpec({ etcd, consul: serverRole });
    await inLab({ text: spec }, async (lab) => {
      const before = await memberIds(lab);
      await put(lab, 'etcd-1', 'kept');
      // etcd brings its database to the disk ten times a second.
      await sleep(1000);
      await lab.kill('etcd-1');
      await Promise.all(['etcd-2', 'etcd-3'].map((name) => lab.fault.wipe(name)));
      for (const host of ['etcd-2', 'etcd-3']) {
        t.regex(await says(lab, host, /waiting: cannot join cluster .*no healthy quorum/), /no healthy quorum/);
        t.is(await etcdOf(lab, host), '');
        t.is(await output(lab, host, 'ls -d /var/lib/etcd/member 2>/dev/null'), '');
      }
      await lab.start('etcd-1');
      // One of three is no quorum, and what the others acknowledged nobody can know: an operator decides.
      const survivor = await eventually(
        () => etcdOf(lab, 'etcd-1').catch(() => ''),
        (text) => text !== '',
        60,
      );
      t.not(survivor, '', 'it runs, without a quorum');
      t.regex(await says(lab, 'etcd-2', /no healthy quorum/), /no healthy quorum/);

      // As docs/operations.md says: a snapshot of its database, its data moved away, and a new generation from it.
      const steps = [
        'systemctl stop etcd',
        'cd /var/lib/etcd/member/snap',
        '(cat db; openssl dgst -sha256 -binary db) >/root/snap.db',
        'mv /var/lib/etcd/member /var/lib/etcd/member.saved',
        'install -o etcd -g etcd -m 600 /dev/stdin /var/lib/etcd/restore.db </root/snap.db',
        'systemctl restart etcd-register-server',
        'systemctl start --no-block etcd',
      ];
      t.is((await lab.exec('etcd-1', ['sh', '-ec', steps.join('\n')])).exitCode, 0);
      const snapshot = readFileSync(`${hostPaths(lab.layout, 'etcd-1').root}/root/snap.db`);
      const lost = ['--lost', 'etcd-1', 'etcd-2', 'etcd-3'];
      const args = ['restore', 'SPEC', '--snapshot', 'SNAPSHOT', '--seed', 'etcd-1', ...lost, '--yes'];
      const restored = await eventually(
        () => operate(lab, 'etcd-2', spec, args, snapshot),
        ({ exitCode }) => exitCode === 0,
      );
      t.is(restored.exitCode, 0, restored.stderr);
      await assertHealed(t, lab, before, ['etcd-1', 'etcd-2', 'etcd-3']);
      for (const host of ['etcd-1', 'etcd-2', 'etcd-3']) t.regex(await get(lab, host, 'kept'), /kept/);
    });
  },
);

labTest("Consul's data wiped under a running cluster: the record comes back, and a wiped member too", async (t) => {
  t.timeout(900_000);
  await inLab({ text: labSpec({ etcd, consul: serverRole }) }, async (lab) => {
    const before = await memberIds(lab);
    const { predicted } = await lab.cluster();
    const servers = lab.hosts.filter(({ role }) => role === 'consul-server').map(({ name }) => name);
    await lab.fault.wipeConsul(...servers);
    await relearn(lab);
    const view = await eventually(
      () => lab.cluster(),
      (seen) => seen.one,
      150,
    );
    t.is(view.predicted, predicted, 'the members have published the record again');
    await lab.fault.wipe('etcd-2');
    await assertHealed(t, lab, before, ['etcd-2']);
  });
});

labTest('rebooted 20 times: the same member each time', async (t) => {
  t.timeout(1_800_000);
  await inLab({ text: three }, async (lab) => {
    const before = await memberIds(lab);
    for (let time = 1; time <= 20; time++) {
      await lab.fault.reboot('etcd-2');
      t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
      t.deepEqual(await memberIds(lab), before, `reboot ${time}`);
    }
    await assertSound(t, lab);
  });
});

labTest('all powered off and on with Consul gone: serving within 60 s', async (t) => {
  t.timeout(600_000);
  await inLab({ text: three }, async (lab) => {
    await put(lab, 'etcd-1', 'kept');
    const folder = '/etc/systemd/system/consul.service.d';
    const hold = `mkdir -p ${folder}; printf '[Unit]\\nConditionPathExists=/run/go\\n' >${folder}/hold.conf; sync`;
    for (const { name } of lab.hosts) await output(lab, name, hold);
    for (const { name } of lab.hosts) await lab.kill(name);
    const began = performance.now();
    await Promise.all(lab.hosts.map(({ name }) => lab.start(name)));
    const all = async () => Promise.all(lab.hosts.map(({ name }) => get(lab, name, 'kept').catch(() => '')));
    const seen = await eventually(all, (values) => values.every((value) => /kept/.test(value)), 60);
    t.log(`served again after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    t.true(
      seen.every((value) => /kept/.test(value)),
      seen.join('|'),
    );
    for (const { name } of lab.hosts) t.is(await output(lab, name, 'pgrep -x consul'), '');
    for (const { name } of lab.hosts) await output(lab, name, 'touch /run/go');
    await lab.fault.startConsul(...lab.hosts.map(({ name }) => name));
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
  });
});

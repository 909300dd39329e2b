import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { HostFile } from '../../host/host.ts';
import { hostPaths } from '../../machine/layout.ts';
import { eventually, memberIds, output, says } from '../lab-testing.ts';
import {
  assertKeys,
  assertUp,
  besideWriter,
  birthOf,
  clean,
  forgetEarlier,
  giveInPlace,
  inMixedLab,
  isNew,
  members,
  mixedTest,
  moveVolume,
  serve,
  specs,
  write,
} from './mixed-testing.ts';

test.after.always(forgetEarlier);

mixedTest('a host of then that comes back among hosts of now: with its data, removed, and wiped', async (t) => {
  t.timeout(900_000);
  await inMixedLab(specs(), async ({ lab, now }) => {
    const { cluster, birth } = await birthOf(lab);
    const before = await memberIds(lab);
    await besideWriter(t, lab, async () => {
      await lab.kill('etcd-3');
      for (const host of ['etcd-1', 'etcd-2']) {
        await giveInPlace(lab, host, now);
        const { seen } = await lab.wait({ timeoutSeconds: 1 });
        t.log(seen.map(({ host: { name }, step, status }) => `${name}: ${step} ${status}`).join('; '));
        await eventually(
          () => output(lab, host, 'systemctl is-active etcd-cluster.target').catch(() => ''),
          (state) => state === 'active',
          90,
        );
      }
      await lab.start('etcd-3');
      await assertUp(t, lab, cluster, 'etcd-3 is back');
      t.deepEqual(await memberIds(lab), before);

      await lab.kill('etcd-3');
      t.is((await lab.etcdctl('etcd-1', ['member', 'remove', before.get('etcd-3') ?? ''])).exitCode, 0);
      await lab.start('etcd-3');
      await assertUp(t, lab, cluster, 'etcd-3 had been removed');
      const joined = (await memberIds(lab)).get('etcd-3');
      t.not(joined, before.get('etcd-3'));

      await lab.fault.wipe('etcd-3');
      await assertUp(t, lab, cluster, 'etcd-3 was wiped');
      t.not((await memberIds(lab)).get('etcd-3'), joined);
      t.false(await isNew(lab, 'etcd-3'));
    });
    await assertKeys(t, lab, birth);
    await giveInPlace(lab, 'etcd-3', now);
    await assertUp(t, lab, cluster, 'all are new');
    await assertKeys(t, lab, birth);
  });
});

/** etcd ends before it has begun, when its gate has let it start. */
const hold: HostFile = {
  path: '/etc/systemd/system/etcd.service.d/hold.conf',
  mode: 0o644,
  content: '[Service]\nExecStartPre=/bin/false\n',
};

mixedTest('launches that came to nothing: hosts of now repeat them', async (t) => {
  t.timeout(600_000);
  await inMixedLab({ ...specs(), hostFiles: () => [hold], wait: false }, async ({ lab, now }) => {
    for (const host of members) {
      const journal = () => output(lab, host, 'journalctl -b -o cat --no-pager -u etcd').catch(() => '');
      const said = await eventually(journal, (text) => text.includes('starting as one of 3 new members'), 90);
      t.regex(said, /starting as one of 3 new members/);
      await clean(lab, host);
    }
    const { cluster, birth } = await birthOf(lab);
    for (const host of members) {
      t.is(await output(lab, host, 'ls -A /var/lib/etcd/member'), 'quorumgate-launch');
      await lab.kill(host);
      write(lab, host, now);
      rmSync(join(hostPaths(lab.layout, host).root, hold.path));
      await lab.start(host);
    }
    await assertUp(t, lab, cluster, 'launched again');
    await assertKeys(t, lab, birth);
  });
});

mixedTest('all at once, one back to the bytes of then, one volume moved to another machine', async (t) => {
  t.timeout(900_000);
  await inMixedLab(specs(), async ({ lab, old, now }) => {
    const { cluster, birth } = await birthOf(lab);
    const before = await memberIds(lab);
    await besideWriter(t, lab, async () => {
      for (const host of members) await clean(lab, host);
      for (const host of members) await lab.kill(host);
      for (const host of members) write(lab, host, now);
      for (const host of members) await lab.start(host);
      await assertUp(t, lab, cluster, 'all at once');
      await assertKeys(t, lab, birth);

      for (const bytes of [old, now]) {
        await giveInPlace(lab, 'etcd-1', bytes);
        await assertUp(t, lab, cluster, 'back and forth');
        t.is(await isNew(lab, 'etcd-1'), bytes === now);
      }

      await moveVolume(lab, 'etcd-2', now);
      const refused = /refusing: the data here was made on another machine/;
      t.regex(await says(lab, 'etcd-2', refused), refused);
      // As docs/operations.md says.
      const sed = 's/"machineId":"[0-9a-f]*"/"machineId":"\'$(cat /etc/machine-id)\'"/';
      await output(lab, 'etcd-2', `sed -i '${sed}' /var/lib/etcd/quorumgate.json; systemctl restart --no-block etcd`);
      await assertUp(t, lab, cluster, 'the volume was moved');
    });
    t.deepEqual(await memberIds(lab), before, 'the same members');
    await assertKeys(t, lab, birth);
  });
});

mixedTest('nobody is left who was in at the birth when the first host of now comes', async (t) => {
  t.timeout(900_000);
  await inMixedLab(specs(), async ({ lab, now }) => {
    const { cluster, birth } = await birthOf(lab);
    await besideWriter(t, lab, async () => {
      for (const host of members) {
        await lab.fault.replace(host);
        await assertUp(t, lab, cluster, host);
      }
      await serve(lab, now);
      await lab.fault.replace('etcd-4');
      await assertUp(t, lab, cluster, 'the first of now');
    });
    t.true(await isNew(lab, 'etcd-7'));
    await assertKeys(t, lab, birth);
  });
});

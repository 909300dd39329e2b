import test from 'ava';
import { memberIds } from '../lab-testing.ts';
import {
  assertKeys,
  assertUp,
  besideWriter,
  birthOf,
  forgetEarlier,
  giveInPlace,
  inMixedLab,
  isNew,
  members,
  mixedTest,
  serve,
  specs,
} from './mixed-testing.ts';

test.after.always(forgetEarlier);

const onMembers = { consul: '{servers: members, join: [10.77.0.101, 10.77.0.102, 10.77.0.103]}' };

/** Members in the order in which they get new bytes. */
const orders: Record<string, (leader: string) => string[]> = {
  '1, 2, 3': () => members,
  '3, 2, 1': () => [...members].reverse(),
  'the leader first': (leader) => [leader, ...members.filter((name) => name !== leader)],
  'the leader last': (leader) => [...members.filter((name) => name !== leader), leader],
};

for (const [name, order] of Object.entries(orders)) {
  mixedTest(`in place, one after the other: ${name}`, async (t) => {
    t.timeout(900_000);
    await inMixedLab(specs(name === '1, 2, 3' ? onMembers : {}), async ({ lab, now }) => {
      const { cluster, birth } = await birthOf(lab);
      const before = await memberIds(lab);
      const leader = (await lab.cluster()).rows.find((row) => row.leader)?.host ?? '';
      await besideWriter(t, lab, async () => {
        for (const host of order(leader)) {
          t.false(await isNew(lab, host));
          await giveInPlace(lab, host, now);
          await assertUp(t, lab, cluster, host);
          t.true(await isNew(lab, host));
        }
      });
      t.deepEqual(await memberIds(lab), before, 'the same members');
      await assertKeys(t, lab, birth);
    });
  });
}

for (const sameAddress of [true, false]) {
  mixedTest(`replaced one after the other, ${sameAddress ? 'at the same address' : 'elsewhere'}`, async (t) => {
    t.timeout(900_000);
    await inMixedLab(specs(), async ({ lab, now }) => {
      const { cluster, birth } = await birthOf(lab);
      const before = new Set((await memberIds(lab)).values());
      await serve(lab, now);
      await besideWriter(t, lab, async () => {
        for (const host of members) {
          await lab.fault.replace(host, { sameAddress });
          await assertUp(t, lab, cluster, host);
        }
      });
      for (const [host, id] of await memberIds(lab)) {
        t.true(await isNew(lab, host));
        t.false(before.has(id), `${host} has the member ID of a disk that is gone`);
      }
      await assertKeys(t, lab, birth);
    });
  });
}

for (const newHosts of [['etcd-1', 'etcd-2'], ['etcd-3']]) {
  mixedTest(`a birth with ${newHosts.length} of 3 hosts of now`, async (t) => {
    t.timeout(900_000);
    await inMixedLab({ ...specs(), newHosts }, async ({ lab, now }) => {
      for (const name of members) t.is(await isNew(lab, name), newHosts.includes(name), name);
      const { cluster, birth } = await birthOf(lab);
      await assertUp(t, lab, cluster, 'birth');
      await assertKeys(t, lab, birth);
      await besideWriter(t, lab, async () => {
        for (const host of members.filter((name) => !newHosts.includes(name))) {
          await giveInPlace(lab, host, now);
          await assertUp(t, lab, cluster, host);
        }
      });
      await assertKeys(t, lab, birth);
    });
  });
}

import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import type { Lab } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import { etcdOf, eventually, memberIds, operate, output, says } from '../lab-testing.ts';
import {
  assertKeys,
  assertUp,
  birthOf,
  forgetEarlier,
  giveInPlace,
  inMixedLab,
  members,
  mixedTest,
  operateEarlier,
  serve,
  specs,
} from './mixed-testing.ts';

test.after.always(forgetEarlier);

/** Acts of an operator with the command of then. */
const options = specs();

async function wipeAll(lab: Lab): Promise<void> {
  await Promise.all(members.map((name) => lab.kill(name)));
  await Promise.all(members.map((name) => lab.start(name, { wipe: true })));
}

const isActive = (lab: Lab, host: string) =>
  eventually(
    () => output(lab, host, 'systemctl is-active etcd-cluster.target').catch(() => ''),
    (state) => state === 'active',
    90,
  );

const lost = /waiting: cannot join cluster .*no healthy quorum/;

mixedTest('an unsigned reset of then: the cluster that it made goes on, and its record is its birth', async (t) => {
  t.timeout(900_000);
  await inMixedLab(options, async (mixed) => {
    const { lab, now } = mixed;
    const { cluster: first } = await birthOf(lab);
    await wipeAll(lab);
    for (const host of members) t.regex(await says(lab, host, lost), lost);
    const reset = await operateEarlier(mixed, 'etcd-1', ['reset', 'SPEC', '--yes']);
    t.is(reset.exitCode, 0, reset.stderr);
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    const { cluster, birth } = await birthOf(lab);
    t.not(cluster, first);
    const before = await memberIds(lab);
    for (const host of members) {
      await giveInPlace(lab, host, now);
      await assertUp(t, lab, cluster, host);
    }
    t.deepEqual(await memberIds(lab), before);
    await assertKeys(t, lab, birth);
  });
});

mixedTest('an unsigned restore of then that is not finished: hosts of now go by it', async (t) => {
  t.timeout(900_000);
  await inMixedLab(options, async (mixed) => {
    const { lab, now } = mixed;
    t.is((await lab.etcdctl('etcd-1', ['put', 'kept', 'yes'])).exitCode, 0);
    t.is((await lab.etcdctl('etcd-1', ['snapshot', 'save', '/root/snapshot.db'])).exitCode, 0);
    const bytes = readFileSync(`${hostPaths(lab.layout, 'etcd-1').root}/root/snapshot.db`);
    await wipeAll(lab);
    for (const host of members) t.regex(await says(lab, host, lost), lost);
    const args = ['restore', 'SPEC', '--snapshot', 'SNAPSHOT', '--seed', 'etcd-2', '--yes'];
    const restored = await operateEarlier(mixed, 'etcd-1', args, bytes);
    t.is(restored.exitCode, 0, restored.stderr);
    const missing = /waiting: .*restore\.db is not there/;
    t.regex(await says(lab, 'etcd-2', missing), missing);
    for (const host of members) await giveInPlace(lab, host, now);
    t.regex(await says(lab, 'etcd-2', missing), missing);
    writeFileSync(`${hostPaths(lab.layout, 'etcd-2').root}/root/brought.db`, bytes);
    await output(lab, 'etcd-2', 'install -o etcd -m 600 /root/brought.db /var/lib/etcd/restore.db');
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
    const { cluster, birth } = await birthOf(lab);
    await assertUp(t, lab, cluster, 'restored');
    for (const host of members) t.regex((await lab.etcdctl(host, ['get', 'kept'])).stdout, /yes/);
    await assertKeys(t, lab, birth);
  });
});

mixedTest('marks that are bare names: of a member it counts for nothing, of who is none it does', async (t) => {
  t.timeout(900_000);
  await inMixedLab(options, async (mixed) => {
    const { lab, now } = mixed;
    const { cluster } = await birthOf(lab);
    const retired = await operateEarlier(mixed, 'etcd-1', ['member', 'retire', 'SPEC', 'etcd-3', '--yes']);
    t.is(retired.exitCode, 0, retired.stderr);
    // As a command leaves it that was ended after its mark.
    const incarnation = await output(
      lab,
      'etcd-2',
      'sed \'s/.*incarnation":"//; s/".*//\' /var/lib/etcd/quorumgate.json',
    );
    const put = [
      'curl',
      '-sf',
      '-X',
      'PUT',
      '-d',
      'etcd-2',
      `127.0.0.1:8500/v1/kv/etcd3/mycluster/retired/${incarnation}`,
    ];
    t.is((await lab.exec('etcd-1', put)).stdout, 'true');
    await giveInPlace(lab, 'etcd-2', now);
    t.is(await isActive(lab, 'etcd-2'), 'active', 'a member starts');
    await giveInPlace(lab, 'etcd-3', now);
    const refused = /refusing: an operator has retired this host/;
    t.regex(await says(lab, 'etcd-3', refused), refused);
    t.is(await etcdOf(lab, 'etcd-3'), '');
    await serve(lab, now);
    await lab.fault.wipe('etcd-3');
    await assertUp(t, lab, cluster, 'wiped');
  });
});

mixedTest(
  'a reset that is signed: hosts of then go by it too, and keep its lineage when they are upgraded',
  async (t) => {
    t.timeout(900_000);
    await inMixedLab(options, async ({ lab, now }) => {
      const { cluster: lineage } = await birthOf(lab);
      await wipeAll(lab);
      for (const host of members) t.regex(await says(lab, host, lost), lost);
      const args = ['reset', 'SPEC', '--lost', ...members, '--yes'];
      const reset = await operate(lab, 'etcd-1', options.textNow, args);
      t.is(reset.exitCode, 0, reset.stderr);
      t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
      const { cluster, birth } = await birthOf(lab);
      t.not(cluster, lineage);
      t.like(JSON.parse(birth), { lineage });
      t.notRegex(
        await output(lab, 'etcd-1', 'cat /var/lib/etcd/quorumgate.json'),
        /lineage/,
        'hosts of then do not keep it',
      );
      for (const host of members) {
        await giveInPlace(lab, host, now);
        await assertUp(t, lab, cluster, host);
      }
      await assertKeys(t, lab, birth);
    });
  },
);

mixedTest(
  'an unsigned reset where hosts of both are: those of now do not follow, and say what is the matter',
  async (t) => {
    t.timeout(900_000);
    await inMixedLab(options, async (mixed) => {
      const { lab, old, now } = mixed;
      const { cluster: lineage, birth } = await birthOf(lab);
      await giveInPlace(lab, 'etcd-1', now);
      await assertUp(t, lab, lineage, 'etcd-1');
      await assertKeys(t, lab, birth);
      await Promise.all(members.map((name) => lab.kill(name)));
      await serve(lab, now);
      await lab.start('etcd-1', { wipe: true });
      await serve(lab, old);
      for (const name of ['etcd-2', 'etcd-3']) await lab.start(name, { wipe: true });
      for (const host of members) t.regex(await says(lab, host, lost), lost);

      const reset = await operateEarlier(mixed, 'etcd-1', ['reset', 'SPEC', '--yes']);
      t.is(reset.exitCode, 0, reset.stderr);
      for (const host of ['etcd-2', 'etcd-3']) t.is(await isActive(lab, host), 'active', 'hosts of then go by it');
      const { cluster } = await birthOf(lab);
      t.regex(await says(lab, 'etcd-1', lost), new RegExp(`cannot join cluster ${lineage}`));
      await giveInPlace(lab, 'etcd-2', now);
      t.is(await isActive(lab, 'etcd-2'), 'active');
      const two = /waiting: Consul has two clusters of this name/;
      t.regex(await says(lab, 'etcd-1', two), two);
      // Those that it has replaced.
      const url = `127.0.0.1:8500/v1/kv/etcd3/mycluster/lineage/${lineage}/?recurse`;
      t.is((await lab.exec('etcd-1', ['curl', '-sf', '-X', 'DELETE', url])).stdout, 'true');
      await assertUp(t, lab, cluster, 'the keys of the former cluster are gone');
      await giveInPlace(lab, 'etcd-3', now);
      await assertUp(t, lab, cluster, 'etcd-3');
      await assertKeys(t, lab, (await birthOf(lab)).birth);
    });
  },
);

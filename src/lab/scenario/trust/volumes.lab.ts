import { attachVolume, detachVolume, VOLUME } from '../../attack/disk-attacks.ts';
import type { Lab } from '../../lab.ts';
import { labSpec, memberIds, operate, output } from '../lab-testing.ts';
import {
  assertServing,
  assertUntouched,
  holds,
  members,
  rowsIn,
  runsNone,
  someoneSays,
  statuses,
  whileWriting,
} from './trust-testing.ts';

const spec = labSpec({ etcd: '{version: 3.5.16, replaceDeadAfter: 10}' });

const { row } = rowsIn(async () => ({ text: spec, hostFiles: ({ role }) => (role === 'etcd' ? VOLUME : []) }));

const isMissing = /(volume|mount)/i;
const detach = (lab: Lab, host: string) => detachVolume(lab.host(host));
const attach = (lab: Lab, host: string) => attachVolume(lab.host(host));
const list = async (lab: Lab) =>
  (await lab.etcdctl('etcd-1', ['member', 'list'])).stdout.replace(/started|unstarted/g, '');

row('D6: a volume that is not there at boot: nothing is removed; the same member when it is', async (t, lab) => {
  const before = await memberIds(lab);
  await whileWriting(t, lab, async () => {
    const listed = await list(lab);
    await detach(lab, 'etcd-2');
    await lab.fault.reboot('etcd-2');
    t.regex(await someoneSays(lab, 'etcd-2', isMissing), isMissing, await statuses(lab));
    // Longer than after which somebody is dead.
    await holds(25, async () => {
      t.is(await list(lab), listed, 'the members are those that they were');
      t.true(await runsNone(lab, ['etcd-2']));
    });
    await attach(lab, 'etcd-2');
    await assertServing(t, lab, before);
  });
  await assertUntouched(t, lab);
});

row('D7: all volumes are not there: no reset over them; the same cluster when they are', async (t, lab) => {
  const before = await memberIds(lab);
  await whileWriting(t, lab, async (writer) => {
    await writer.stop();
    for (const host of members) await detach(lab, host);
    for (const host of members) await lab.kill(host);
    for (const host of members) await lab.start(host);
    for (const host of members) t.regex(await someoneSays(lab, host, /waiting|refusing/, 90), /waiting|refusing/);
    t.true(await runsNone(lab, members));
    const reset = await operate(lab, 'etcd-1', spec, ['reset', 'SPEC', '--yes']);
    t.log(reset.stdout, reset.stderr);
    t.not(reset.exitCode, 0, 'no reset over disks that are only away');
    for (const host of members) t.regex(reset.stderr, new RegExp(`${host}: .*\n?.*(--lost|volume|mount)`), host);
    for (const host of members) await attach(lab, host);
    await assertServing(t, lab, before);
  });
  await assertUntouched(t, lab);
});

row('something is mounted over the data of an etcd that runs: it is named, and nothing is done', async (t, lab) => {
  const before = await memberIds(lab);
  await whileWriting(t, lab, async () => {
    await output(lab, 'etcd-2', 'mount -t tmpfs none /var/lib/etcd; systemctl restart --no-block etcd-register-client');
    const said = /is not here, it was on filesystem .*: is its volume mounted\?/;
    t.regex(await someoneSays(lab, 'etcd-2', said), said, await statuses(lab));
    await output(lab, 'etcd-2', 'umount /var/lib/etcd');
    await assertServing(t, lab, before);
  });
  await assertUntouched(t, lab);
});

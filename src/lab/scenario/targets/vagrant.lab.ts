import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { hostLog } from '../../host/journal.ts';
import type { Lab } from '../../lab.ts';
import { processesIn } from '../../machine/cgroup.ts';
import { namespacesOf } from '../../network/network.ts';
import { docker, enginePaths } from '../../target/docker.ts';
import { adopt, vagrant } from '../../target/vagrant.ts';
import { assertSound, assertWhole, eventually, inLab, labTest, memberIds, output } from '../lab-testing.ts';

/** Every file of the configuration with mode, owner, time, number and sum; and when each of the units was started. */
async function snapshot(lab: Lab, host: string): Promise<string> {
  const tree = await output(
    lab,
    host,
    `find /etc /opt -xdev -printf '%p %m %U:%G %s %T@ %C@ %i %l\\n' | sort
     find /etc /opt -xdev -type f -exec sha256sum {} + | sort`,
  );
  const units = await output(
    lab,
    host,
    "systemctl show -p Id,ActiveState,ActiveEnterTimestampMonotonic,ExecMainPID,NRestarts 'quorumgate*' 'consul*' 'etcd*' 'ssh*'",
  );
  return `${tree}\n${units}`;
}

function containers(lab: Lab): Promise<string> {
  return docker(lab.layout, ['ps', '--all', '--quiet']);
}

function wholeAgain(t: ExecutionContext, lab: Lab): Promise<Map<string, string>> {
  return eventually(
    () => lab.cluster(),
    ({ one }) => one,
    90,
  ).then(() => assertWhole(t, lab));
}

labTest('vagrant up, provision twice, reload, halt and up, destroy', async (t) => {
  t.timeout(1_200_000);
  let layout: Lab['layout'] | undefined;
  await inLab({ targets: ['vagrant'], timeoutSeconds: 240 }, async (lab) => {
    layout = lab.layout;
    await assertSound(t, lab);
    const before = await memberIds(lab);

    const trees = () => Promise.all(lab.hosts.map(({ name }) => snapshot(lab, name)));
    const first = await trees();
    t.regex(first[0] ?? '', /\/opt\/quorumgate\/provision-written[\s\S]*Id=etcd\.service\nActiveState=active/);
    for (let times = 0; times < 2; times++) {
      const said = await vagrant(lab.layout, ['provision']);
      t.notRegex(said, /changed: \//);
      t.is(said.match(/nothing changed/g)?.length, 3, said);
      t.deepEqual(await trees(), first);
    }

    // Everybody's own way to boot a box again; the lab then looks where it is.
    const host = lab.host('etcd-2');
    await vagrant(lab.layout, ['reload', 'etcd-2']);
    Object.assign(host, await adopt(lab.layout, host));
    t.deepEqual(await wholeAgain(t, lab), before);
    await vagrant(lab.layout, ['halt', 'etcd-2']);
    t.is((await lab.cluster()).rows.filter(({ healthy }) => healthy).length, 2);
    await vagrant(lab.layout, ['up', 'etcd-2']);
    Object.assign(host, await adopt(lab.layout, host));
    t.deepEqual(await wholeAgain(t, lab), before);

    t.is((await containers(lab)).split('\n').length, 3);
    await vagrant(lab.layout, ['destroy', '--force']);
    t.is(await containers(lab), '');
  });
  if (layout === undefined) return;
  t.deepEqual(processesIn(layout.prefix), []);
  t.deepEqual(namespacesOf(layout), []);
  t.false(existsSync(enginePaths(layout).base), 'no image, no key, no disk');
  t.notRegex(await readFile('/proc/self/mountinfo', 'utf8'), new RegExp(`${layout.directory}/`));
  t.notRegex(spawnSync('ps', ['-eo', 'args']).stdout.toString(), new RegExp(`${layout.directory}/`));
});

labTest('members by NoCloud, IMDSv2, Ignition and Vagrant: one cluster; faults hit a box as any host', async (t) => {
  t.timeout(1_200_000);
  const targets = ['aws', 'ec2', 'flatcar', 'vagrant'];
  await inLab({ size: 5, targets, timeoutSeconds: 300 }, async (lab) => {
    t.deepEqual(
      lab.hosts.map(({ target }) => target),
      [...targets, 'aws'],
    );
    await assertSound(t, lab);
    const before = await assertWhole(t, lab);
    const box = 'etcd-4';
    t.regex(await hostLog(lab.layout, lab.host(box), 1000), /etcd/, 'its journal, read from its disk');

    await lab.fault.partition([box]);
    t.is((await lab.cluster()).rows.filter(({ healthy }) => healthy).length, 4);
    await lab.fault.heal();
    t.deepEqual(await wholeAgain(t, lab), before);

    await lab.fault.kill(box);
    await t.throwsAsync(lab.exec(box, ['true']), { message: /does not run/ });
    await lab.fault.reboot(box);
    t.deepEqual(await wholeAgain(t, lab), before, 'the same disk, the same member');

    await lab.fault.wipe(box);
    const after = await wholeAgain(t, lab);
    t.not(after.get(box), before.get(box));
    t.is(after.get('etcd-1'), before.get('etcd-1'));
    await t.throwsAsync(lab.fault.replace(box), { message: /description/ });
  });
});

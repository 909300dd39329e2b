import { assertSound, assertWhole, inLab, labTest, output } from '../lab-testing.ts';

labTest('flatcar: what the real Ignition lays out on hosts without Node is one cluster, and stays one', async (t) => {
  t.timeout(600_000);
  await inLab({ targets: ['flatcar'] }, async (lab) => {
    await assertSound(t, lab);
    for (const { name } of lab.hosts) {
      t.is(await output(lab, name, 'command -v node apt-get dpkg cloud-init python3'), '', name);
      t.regex(await output(lab, name, 'touch /usr/x'), /Read-only file system/, name);
      // First boot's presets enabled it: nothing else does here.
      t.is(await output(lab, name, 'systemctl is-enabled quorumgate.target etcd.service'), 'enabled\nenabled', name);
      t.is(
        await output(lab, name, '/opt/quorumgate/bin/etcd-sidekick; echo $?').then((text) => text.at(-1)),
        '2',
        name,
      );
    }
    const before = await assertWhole(t, lab);
    await lab.fault.reboot('etcd-1');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    t.deepEqual(await assertWhole(t, lab), before, 'a second boot is the same member');
    await lab.fault.wipe('etcd-2');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    const after = await assertWhole(t, lab);
    t.is(after.get('etcd-1'), before.get('etcd-1'));
    t.not(after.get('etcd-2'), before.get('etcd-2'), 'laid out anew by Ignition, it joins as a new member');
    await assertSound(t, lab);
  });
});

labTest('hosts of different targets are one cluster', async (t) => {
  t.timeout(600_000);
  await inLab({ targets: ['aws', 'flatcar'] }, async (lab) => {
    t.deepEqual(
      lab.hosts.map(({ target }) => target),
      ['aws', 'flatcar', 'aws'],
    );
    await assertSound(t, lab);
    await assertWhole(t, lab);
  });
});

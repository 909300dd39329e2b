import { assertSound, inLab, labSpec, labTest, memberIds, says } from '../lab-testing.ts';

labTest('a host that has lost its disk waits for Consul, then joins as a new member', async (t) => {
  t.timeout(600_000);
  await inLab({ text: labSpec(), size: 3 }, async (lab) => {
    const before = await memberIds(lab);
    await lab.fault.stopConsul('etcd-1', 'etcd-2');
    await lab.fault.wipe('etcd-3');
    t.regex(await says(lab, 'etcd-3', /^waiting: /), /^waiting: /);

    await lab.fault.startConsul('etcd-1', 'etcd-2');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
    const after = await memberIds(lab);
    t.is(after.get('etcd-1'), before.get('etcd-1'));
    t.not(after.get('etcd-3'), before.get('etcd-3'));
  });
});

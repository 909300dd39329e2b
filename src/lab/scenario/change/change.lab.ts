import { loadAssets } from '../../../io/assets.ts';
import { layoutsBeside } from '../../host/state.ts';
import { attach, LabError } from '../../lab.ts';
import { assertSound, bootBeside, eventually, inLab, labSpec, labTest, output } from '../lab-testing.ts';

const named = (name: string, size: number) =>
  labSpec({ cluster: `{name: ${name}, size: ${size}}`, consul: '{servers: existing, join: [10.77.0.101]}' });

labTest('clusters beside each other are each their own, booted together or later', async (t) => {
  t.timeout(600_000);
  await inLab({ startSpread: 3, seed: 2, beside: [{ text: named('mycluster-b', 3), file: 'b.yaml' }] }, async (lab) => {
    const [second] = lab.neighbours;
    if (second === undefined) return t.fail('there is no second cluster');
    const assets = await loadAssets();
    const third = await bootBeside(lab, { text: named('c', 1), file: 'c.yaml', assets });
    t.is((await third.wait({ timeoutSeconds: 120 })).outcome, 'up');
    const clusters = [lab, second, third];
    for (const one of clusters) await assertSound(t, one);
    t.is(new Set((await Promise.all(clusters.map((one) => one.cluster()))).flatMap(({ actual }) => actual)).size, 3);
    t.deepEqual(
      third.hosts.map(({ name, address }) => `${name} ${address}`),
      ['c-etcd-1 10.77.0.201'],
    );
    t.is((await second.etcdctl('mycluster-b-etcd-2', ['put', 'who', 'b'])).exitCode, 0);
    t.is((await lab.etcdctl('etcd-1', ['get', 'who'])).stdout, '', 'nothing of one is in the other');
    t.is((await second.exec('mycluster-b-etcd-1', ['uname', '-n'])).stdout, 'mycluster-b-etcd-1');
    await second.kill('mycluster-b-etcd-3');
    await second.start('mycluster-b-etcd-3');
    t.is((await second.wait({ timeoutSeconds: 120 })).outcome, 'up');

    // A partition of one cluster is none of the other's business.
    await second.fault.partition(['mycluster-b-etcd-1']);
    await lab.fault.partition(['etcd-1']);
    await lab.fault.heal();
    const sees = async (to: string) =>
      (await second.exec('mycluster-b-etcd-1', ['ping', '-q', '-c', '1', '-W', '1', to])).exitCode === 0;
    t.false(await sees('10.77.0.152'));
    await second.fault.heal();
    t.true(await sees('10.77.0.152'));

    const later = attach(lab.layout);
    t.deepEqual(
      later.neighbours.map(({ state }) => state.cluster.name),
      ['mycluster-b', 'c'],
    );
    const twice = lab.beside({ text: named('c', 1), file: 'c.yaml', assets });
    await t.throwsAsync(twice, { instanceOf: LabError, message: /has a cluster c already/ });
    await lab.down();
    t.deepEqual(layoutsBeside(lab.layout), []);
  });
});

labTest('a lab grows, loses a host, and gets another at the same address', async (t) => {
  t.timeout(600_000);
  await inLab({}, async (lab) => {
    const text = labSpec({ cluster: '{name: mycluster, size: 5}' });
    const all = { text, file: 'larger.yaml', assets: await loadAssets() };
    const leader = await lab.net('etcd-1', ['curl', '-s', 'http://127.0.0.1:8500/v1/status/leader']);
    t.regex(leader.stdout, /:8300"$/);
    t.is((await lab.net('etcd-1', ['sh', '-c', 'cat; exit 3'], { input: 'told' })).stdout, 'told');

    await t.throwsAsync(lab.grow({ ...all, size: 3 }), { instanceOf: LabError, message: /its size is 3/ });
    t.regex(
      await lab.grow(all),
      /^etcd-4 \(10\.77\.0\.104\), etcd-5 \(10\.77\.0\.105\): booting with the user-data for 5/,
    );
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
    await assertSound(t, lab);
    t.regex(await output(lab, 'etcd-5', 'cat /etc/quorumgate/cluster.env'), /^QG_SIZE=5$/m);

    const idOf = (host: string) => output(lab, host, 'cat /etc/machine-id');
    const before = await idOf('etcd-2');
    await lab.fault.replace('etcd-2', { sameAddress: true });
    t.is(lab.host('etcd-6').address, '10.77.0.102');
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
    t.not(await idOf('etcd-6'), before);
    t.regex(await output(lab, 'etcd-6', 'cat /etc/quorumgate/cluster.env'), /^QG_SIZE=5$/m, 'by the new user-data');
    await assertSound(t, lab);

    const { memberId } = (await lab.cluster()).rows.find(({ host }) => host === 'etcd-3') ?? { memberId: '' };
    await lab.remove('etcd-3', { size: 4 });
    t.throws(() => lab.host('etcd-3'), { message: /no host etcd-3/ });
    t.false((await lab.cluster()).one, 'its member is still listed');
    const removed = await lab.etcdctl('etcd-1', ['member', 'remove', memberId]);
    t.is(removed.exitCode, 0, removed.stderr);
    const left = await eventually(
      () => lab.cluster(),
      ({ one }) => one,
    );
    t.true(left.one, JSON.stringify(left));
    t.deepEqual(attach(lab.layout).state.cluster.size, 4);
  });
});

import { existsSync } from 'node:fs';
import { lostWrites } from '../../chaos/check.ts';
import { attach, chaosReport, type Lab, LabError, playChaos } from '../../lab.ts';
import { namespacesOf } from '../../network/network.ts';
import { assertSound, eventually, inLab, labTest, output, relearn, statusLine } from '../lab-testing.ts';

const pidOf = (lab: Lab, host: string, unit: string) => output(lab, host, `systemctl show -P MainPID ${unit}.service`);

const healthy = async (lab: Lab): Promise<string[]> =>
  (await lab.cluster()).rows.filter((row) => row.healthy).map((row) => row.host);

const sees = async (lab: Lab, from: string, to: string): Promise<boolean> =>
  (await lab.exec(from, ['ping', '-q', '-c', '1', '-W', '1', lab.host(to).address])).exitCode === 0;

const soundAgain = async (t: Parameters<typeof assertSound>[0], lab: Lab): Promise<void> => {
  t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
  await assertSound(t, lab);
};

labTest('a program that is killed comes back; one that is frozen is out until it goes on', async (t) => {
  t.timeout(600_000);
  await inLab({}, async (lab) => {
    for (const [program, unit] of [
      ['etcd', 'etcd'],
      ['consul', 'consul'],
      ['socat', 'consul-dns-udp'],
    ] as const) {
      const before = await pidOf(lab, 'etcd-1', unit);
      t.regex(await lab.fault.kill('etcd-1', { program }), new RegExp(`^etcd-1: SIGKILL to ${program} \\(process`));
      const again = (pid: string) => pid !== before && pid !== '0';
      t.true(again(await eventually(() => pidOf(lab, 'etcd-1', unit), again)), program);
    }
    await soundAgain(t, lab);
    await t.throwsAsync(lab.fault.kill('etcd-1', { program: 'gate' }), {
      instanceOf: LabError,
      message: /runs no gate/,
    });

    await lab.fault.freeze('etcd-2', { program: 'etcd' });
    t.deepEqual(await healthy(lab), ['etcd-1', 'etcd-3']);
    t.is(await pidOf(lab, 'etcd-2', 'consul').then(Number).then(Number.isInteger), true, 'the rest of it goes on');
    await lab.fault.thaw('etcd-2', { program: 'etcd' });
    await soundAgain(t, lab);

    await lab.fault.freeze('etcd-3');
    t.deepEqual(await healthy(lab), ['etcd-1', 'etcd-2']);
    await lab.fault.thaw('etcd-3');
    await soundAgain(t, lab);

    await lab.fault.kill('etcd-2');
    await t.throwsAsync(lab.fault.freeze('etcd-2'), { message: /does not run/ });
    t.deepEqual(await healthy(lab), ['etcd-1', 'etcd-3']);
    await lab.fault.reboot('etcd-2');
    await soundAgain(t, lab);
    await lab.fault.freeze('etcd-1');
    await lab.fault.reboot('etcd-1');
    await soundAgain(t, lab);
    // `down` has to end a host that stands still.
    await lab.fault.freeze('etcd-1');
  });
});

labTest('the network is cut, slowed and made to lose packets, and is whole again', async (t) => {
  t.timeout(600_000);
  await inLab({}, async (lab) => {
    t.is(await lab.fault.partition(['etcd-1']), 'partition: etcd-1 | etcd-2, etcd-3; `lab fault heal` ends it');
    t.false(await sees(lab, 'etcd-2', 'etcd-1'));
    t.true(await sees(lab, 'etcd-2', 'etcd-3'));
    t.is(
      (
        await eventually(
          () => healthy(lab),
          (hosts) => hosts.length === 2,
        )
      ).length,
      2,
      'the larger side serves',
    );
    // Another partition replaces the first.
    await lab.fault.partition(['etcd-1', 'etcd-2'], ['etcd-3']);
    t.true(await sees(lab, 'etcd-2', 'etcd-1'));
    t.false(await sees(lab, 'etcd-2', 'etcd-3'));
    await lab.fault.heal();
    t.true(await sees(lab, 'etcd-1', 'etcd-3'));
    await soundAgain(t, lab);
    await t.throwsAsync(lab.fault.partition(['etcd-1'], ['etcd-1']), { message: /in two groups/ });

    t.regex(await lab.fault.loss('etcd-1', { percent: 50 }), /50 % of its packets are lost each way/);
    const lossOf = async () => {
      const told = await output(lab, 'etcd-2', `ping -q -c 100 -i 0.01 -W 1 ${lab.host('etcd-1').address}`);
      return Number(/([\d.]+)% packet loss/.exec(told)?.[1]);
    };
    const lost = await lossOf();
    t.true(lost > 50 && lost < 95, `${lost} % of the echoes did not come back`);
    await lab.fault.loss('etcd-1', { percent: 0 });
    t.is(await lossOf(), 0);

    const delayed = await lab.fault.delay('etcd-1', { ms: 100 }).catch((error: Error) => error.message);
    if (/no netem/.test(delayed)) t.log(delayed);
    else {
      const told = await output(lab, 'etcd-2', `ping -q -c 3 ${lab.host('etcd-1').address}`);
      t.true(Number(/= [\d.]+\/([\d.]+)/.exec(told)?.[1]) >= 200, told);
      await lab.fault.heal('etcd-1');
    }
    await soundAgain(t, lab);
  });
});

labTest('Consul is stopped, started and wiped under a running cluster; etcd does not notice', async (t) => {
  t.timeout(600_000);
  await inLab({}, async (lab) => {
    const before = await pidOf(lab, 'etcd-1', 'etcd');
    await lab.fault.stopConsul('all');
    t.is(await output(lab, 'etcd-1', 'pgrep -x consul'), '');
    t.is((await healthy(lab)).length, 3);
    await lab.fault.startConsul('all');
    await soundAgain(t, lab);
    await lab.fault.wipeConsul('etcd-2');
    await soundAgain(t, lab);
    await lab.fault.wipeConsul('all');
    const leader = () => output(lab, 'etcd-1', 'curl -s http://127.0.0.1:8500/v1/status/leader');
    t.regex(await eventually(leader, (text) => /:8300/.test(text), 60), /:8300/, 'Consul is born again');
    await relearn(lab);
    t.is((await healthy(lab)).length, 3);
    t.is(await pidOf(lab, 'etcd-1', 'etcd'), before);
    const error = await t.throwsAsync(lab.fault.skewClock('etcd-1'), { instanceOf: LabError });
    t.regex(error.message, /cannot be moved: it is the machine's/);
  });
});

labTest(
  'a disk is wiped by a later process, cloned, and a host replaced: none of them is another cluster',
  async (t) => {
    t.timeout(600_000);
    await inLab({}, async (lab) => {
      const waits = (host: string) =>
        eventually(
          () => statusLine(lab, host, 'etcd.service'),
          (line) => /waiting|refus/.test(line),
          90,
        );
      // A thing that only the state directory knows.
      const later = attach(lab.layout);
      await later.fault.wipe('etcd-2');
      Object.assign(lab.host('etcd-2'), later.host('etcd-2'));
      await soundAgain(t, lab);

      await t.throwsAsync(lab.fault.cloneDisk('etcd-1', 'etcd-2'), { message: /host etcd-2 runs/ });
      await lab.fault.kill('etcd-2');
      t.regex(await lab.fault.cloneDisk('etcd-1', 'etcd-2'), /is now a copy of that of etcd-1/);
      const disk = `${lab.layout.hosts}/etcd-2/root/var/lib/etcd`;
      t.true(existsSync(`${disk}/member/wal`) && existsSync(`${disk}/quorumgate.json`));
      await lab.fault.reboot('etcd-2');
      t.regex(await waits('etcd-2'), /waiting|refus/);
      t.regex(await lab.fault.kill('etcd-2', { program: 'gate' }), /SIGKILL to gate/);
      t.regex(await waits('etcd-2'), /waiting|refus/, 'the gate decides anew');
      t.deepEqual(await healthy(lab), ['etcd-1', 'etcd-3']);

      const told = await lab.fault.replace('etcd-2');
      t.is(told, 'etcd-2 (10.77.0.102): gone for good; etcd-4 (10.77.0.104) boots in its place with an empty disk');
      t.deepEqual(
        lab.hosts.map(({ name }) => name),
        ['etcd-1', 'etcd-4', 'etcd-3'],
      );
      t.throws(() => lab.host('etcd-2'), { message: /no host etcd-2/ });
      t.true(await sees(lab, 'etcd-1', 'etcd-4'));
      t.false(namespacesOf(lab.layout).some((name) => name.endsWith('etcd-2')));
      await soundAgain(t, attach(lab.layout));
    });
  },
);

labTest('two minutes of chaos lose nothing', async (t) => {
  t.timeout(900_000);
  await inLab({}, async (lab) => {
    const told = await playChaos(lab, { minutes: 2, seed: 1, say: (line) => t.log(line), relearn });
    t.log(chaosReport(told));
    t.deepEqual(told.broken, []);
    t.true(told.written.acknowledged.length > 100);
    const one = told.written.attempts + 1;
    const lost = await lostWrites(lab, { ...told.written, acknowledged: [...told.written.acknowledged, one] });
    t.is(lost.length, 3, 'a write that were missing would be seen on each member');
    await assertSound(t, lab);
  });
});

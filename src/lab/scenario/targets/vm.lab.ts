import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Lab } from '../../lab.ts';
import { assertSound, eventually, inLab, labSpec, labTest, memberIds, output } from '../lab-testing.ts';

const HOUR = 3600;

/** As on any machine that is slow: a leader whose heartbeats are late is not replaced for it. */
const ETCD = '{version: 3.5.16, settings: {heartbeat-interval: 1000, election-timeout: 10000}}';

/** Seconds by which a host's clock is ahead of this machine's. */
async function ahead(lab: Lab, host: string): Promise<number> {
  return Number(await output(lab, host, 'date +%s')) - Date.now() / 1000;
}

const near = (value: number, wanted: number) => Math.abs(value - wanted) < 60;

/** The average time of a packet to the bridge and back, in milliseconds. */
async function roundTrip(lab: Lab, host: string): Promise<number> {
  const said = await output(lab, host, `ping -c 3 ${lab.state.network.gateway}`);
  return Number(/= [\d.]+\/([\d.]+)\//.exec(said)?.[1] ?? Number.NaN);
}

/** Puts a key by a host, once there is a leader. */
async function put(t: ExecutionContext, lab: Lab, host: string, key: string): Promise<void> {
  const { exitCode, stderr } = await eventually(
    () => lab.etcdctl(host, ['put', key, 'yes']),
    (answer) => answer.exitCode === 0,
    300,
  );
  t.is(exitCode, 0, `${key}: ${stderr}`);
}

/** Whether a host's own member has a key, whoever leads. */
async function has(lab: Lab, host: string, key: string): Promise<boolean> {
  const { stdout } = await lab.etcdctl(host, ['get', '--consistency=s', '--print-value-only', key]);
  return stdout.trim() === 'yes';
}

async function isUpAgain(t: ExecutionContext, lab: Lab): Promise<void> {
  const { outcome, seen } = await lab.wait({ timeoutSeconds: 900 });
  t.is(outcome, 'up', JSON.stringify(seen.map(({ host, step, status }) => `${host.name} ${step} ${status}`)));
}

// Emulated, three boots in turn: of all, of one, of all. By hand, for it takes a quarter of an hour of both cores.
labTest('virtual machines: a clock an hour ahead, a slow cable, the power of one and then of all', async (t) => {
  t.timeout(45 * 60_000);
  const began = performance.now();
  const tell = (what: string) => t.log(`${Math.round((performance.now() - began) / 1000)} s: ${what}`);
  await inLab({ text: labSpec({ etcd: ETCD }), size: 3, targets: ['vm'] }, async (lab) => {
    tell('one cluster');
    await assertSound(t, lab);
    const before = await memberIds(lab);
    for (const host of ['etcd-1', 'etcd-2', 'etcd-3']) t.true(near(await ahead(lab, host), 0), host);

    await lab.fault.delay('etcd-1', { ms: 100 });
    t.true((await roundTrip(lab, 'etcd-1')) >= 200);
    await lab.fault.heal('etcd-1');
    t.true((await roundTrip(lab, 'etcd-1')) < 100);

    await lab.fault.skewClock('etcd-2', { seconds: HOUR });
    t.true(near(await ahead(lab, 'etcd-2'), HOUR));
    t.true(near(await ahead(lab, 'etcd-1'), 0), 'the others have clocks of their own');
    await put(t, lab, 'etcd-2', 'from-the-future');

    await lab.exec('etcd-3', ['sh', '-c', 'echo kept >/root/kept; sync /root/kept; echo lost >/root/lost']);
    await lab.kill('etcd-3');
    await put(t, lab, 'etcd-1', 'without-etcd-3');
    await lab.start('etcd-3');
    await isUpAgain(t, lab);
    tell('one host is back after a power cut');
    t.is(await output(lab, 'etcd-3', 'cat /root/kept'), 'kept');
    t.not(await output(lab, 'etcd-3', 'cat /root/lost'), 'lost', 'the power cut has lost what was in memory alone');
    t.true(await has(lab, 'etcd-3', 'without-etcd-3'));
    await assertSound(t, lab);
    t.deepEqual(await memberIds(lab), before);

    await put(t, lab, 'etcd-3', 'last');
    for (const { name } of lab.hosts) await lab.kill(name);
    await sleep(1000);
    for (const { name } of lab.hosts) await lab.start(name);
    await isUpAgain(t, lab);
    tell('all are back after a power cut');
    t.true(near(await ahead(lab, 'etcd-2'), HOUR), 'its clock goes on as it was set');
    await assertSound(t, lab);
    t.deepEqual(await memberIds(lab), before);
    for (const key of ['from-the-future', 'without-etcd-3', 'last']) t.true(await has(lab, 'etcd-1', key), key);
  });
  tell('nothing is left of it');
});

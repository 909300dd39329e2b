import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { startLiar } from '../../attack/attacker.ts';
import type { Lab } from '../../lab.ts';
import { processesIn, removeCgroup } from '../../machine/cgroup.ts';
import { etcdOf, eventually, labSpec, memberIds, output } from '../lab-testing.ts';
import { assertServing, rowsIn, whileWriting } from './trust-testing.ts';

// In plain: with tokens the sidekicks ask at a socket that only user consul can make.
const { row } = rowsIn(async () => ({
  text: labSpec({ secrets: 'off', etcd: '{version: 3.5.16, replaceDeadAfter: 10}' }),
}));
const HOST = 'etcd-2';
const OFF = '/run/systemd/system/consul.service.d';

/** A server that answers in place of Consul's agent; `end` brings the agent back. */
async function instead(lab: Lab, body: string): Promise<{ end(): Promise<void> }> {
  const cgroup = `${lab.layout.prefix}/liar-${HOST}`;
  // Whatever wants it would start it; and no mask in /run hides what is in /etc.
  await output(lab, HOST, `mkdir -p ${OFF} && printf '[Unit]\\nConditionPathExists=/none\\n' > ${OFF}/off.conf`);
  await output(lab, HOST, 'systemctl daemon-reload; systemctl stop consul');
  await startLiar(lab.layout, HOST, { host: '127.0.0.1', ports: [8500], body });
  while (
    (await lab.net(HOST, ['curl', '-s', '-m', '1', '-o', '/dev/null', '-r', '0-0', 'http://127.0.0.1:8500/']))
      .exitCode === 7
  ) {
    await sleep(100);
  }
  return {
    end: async () => {
      if (processesIn(cgroup).length > 0) await removeCgroup(cgroup);
      await output(lab, HOST, `rm -r ${OFF}; systemctl daemon-reload; systemctl start --no-block quorumgate.target`);
    },
  };
}

/** The most memory that a sidekick had, in MiB, looked at ten times a second for so many seconds. */
async function mostMemory(lab: Lab, seconds: number): Promise<number> {
  const look = `for i in $(seq ${seconds * 10}); do
    for p in $(pgrep -f 'bin/etcd-(ready|register)'); do grep -s VmHWM /proc/$p/status; done
    sleep 0.1
  done`;
  const seen = (await output(lab, HOST, look)).match(/\d+(?= kB)/g) ?? [];
  return Math.max(0, ...seen.map(Number)) / 1024;
}

const number = async (lab: Lab, property: string, unit: string) =>
  Number(await output(lab, HOST, `systemctl show -P ${property} ${unit}`));

/** Seconds that the gate has taken, by systemd's own stamps. */
async function gateSeconds(lab: Lab): Promise<number> {
  const from = await number(lab, 'InactiveExitTimestampMonotonic', 'etcd');
  const to = await number(lab, 'ExecMainStartTimestampMonotonic', 'etcd');
  return (to - from) / 1e6;
}

async function assertBears(t: ExecutionContext, lab: Lab, body: string): Promise<void> {
  const agent = await instead(lab, body);
  try {
    await output(lab, HOST, 'systemctl restart --no-block etcd etcd-register-server');
    const most = await mostMemory(lab, 6);
    t.log(`${body}: ${most.toFixed(0)} MiB, the gate ${(await gateSeconds(lab)).toFixed(1)} s`);
    t.true(most > 0 && most < 128, `${body}: a sidekick had ${most.toFixed(0)} MiB`);
    t.not(await etcdOf(lab, HOST), '', `${body}: data starts`);
    // Three for the answers, and what Node takes on a busy machine.
    t.true((await gateSeconds(lab)) < 4, `${body}: the gate took ${await gateSeconds(lab)} s`);
    for (const unit of ['etcd', 'etcd-register-server', 'etcd-register-client']) {
      t.is(await number(lab, 'NRestarts', unit), 0, `${body}: ${unit} has died`);
    }
    // An answer that comes byte by byte is given up after a while only.
    const lines = await eventually(
      () => output(lab, HOST, 'systemctl show -P StatusText etcd-register-server etcd-register-client'),
      (text) => text.includes('Consul'),
      40,
    );
    t.regex(lines, /Consul/, body);
  } finally {
    await agent.end();
  }
}

for (const body of ['object', 'null', 'page', 'brackets', 'huge', 'endless', 'slow', 'late']) {
  row(`W6: Consul’s agent answers with ${body}: data starts, sidekicks stay small and say why`, async (t, lab) => {
    const before = await memberIds(lab);
    await whileWriting(t, lab, async () => {
      await assertBears(t, lab, body);
      await assertServing(t, lab, before);
      t.is((await lab.wait({ timeoutSeconds: 60 })).outcome, 'up');
    });
  });
}

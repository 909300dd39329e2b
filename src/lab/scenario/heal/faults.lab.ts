import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { compile } from '../../../compile.ts';
import type { Spec } from '../../../spec/defaults.ts';
import { STAND_INS } from '../../compile/overlay.ts';
import type { HostFile } from '../../host/host.ts';
import { random } from '../../host/spread.ts';
import { boot, compileForLab, type Lab, start } from '../../lab.ts';
import {
  assertSound,
  etcdOf,
  inLab,
  type labOptions,
  labSpec,
  labTest,
  output,
  says,
  serverRole,
  type TestLabOptions,
} from '../lab-testing.ts';

/** How long the worst is left as it is: ten minutes unless the run is to be short. */
const minutes = Number(process.env.WAIT_MINUTES ?? 10);
const role = labSpec({ consul: serverRole });
const servers = ['consul-server-1', 'consul-server-2', 'consul-server-3'];

/** Boots without waiting, and uses the lab as it comes up. */
function whileBooting(options: TestLabOptions, use: (lab: Lab) => Promise<void>, change?: (spec: Spec) => void) {
  return inLab(options, use, change === undefined ? start : (all) => startChanged(all, change));
}

async function startChanged(all: Awaited<ReturnType<typeof labOptions>>, change: (spec: Spec) => void): Promise<Lab> {
  const { spec } = (await compileForLab(all)).compiled;
  if (spec === undefined) throw new Error('the spec does not compile');
  change(spec);
  return boot(compile(all.text, { ...all, excuse: STAND_INS, overlay: () => spec }).files, spec, all);
}

/** No etcd process, no member directory, no unit in `failed`, for the whole time. */
async function assertShut(t: ExecutionContext, lab: Lab, hosts: string[]): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  while (performance.now() < end) {
    for (const host of hosts) {
      t.is(await etcdOf(lab, host), '', `${host}: etcd runs`);
      t.is(await output(lab, host, 'ls -d /var/lib/etcd/member 2>/dev/null'), '', `${host}: etcd has data`);
      t.is(await output(lab, host, 'systemctl --failed --plain --no-legend'), '', host);
    }
    await sleep(5000);
  }
}

labTest('N-1 members: the gate stays shut; the N-th opens it', async (t) => {
  t.timeout((minutes + 5) * 60_000);
  await whileBooting({ text: role }, async (lab) => {
    await lab.kill('etcd-3');
    const line = /waiting: 2 of 3 registered: etcd-1, etcd-2/;
    t.regex(await says(lab, 'etcd-1', line), line);
    await assertShut(t, lab, ['etcd-1', 'etcd-2']);
    await lab.start('etcd-3');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
  });
});

labTest('Consul without a leader: the gate stays shut until there is one', async (t) => {
  t.timeout((minutes + 5) * 60_000);
  await whileBooting({ text: role }, async (lab) => {
    for (const server of servers.slice(1)) await lab.kill(server);
    const line = /waiting: Consul has no leader/;
    t.regex(await says(lab, 'etcd-1', line), line);
    await assertShut(t, lab, ['etcd-1', 'etcd-2', 'etcd-3']);
    for (const server of servers.slice(1)) await lab.start(server);
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
  });
});

labTest('an agent that is down: its host waits and says so', async (t) => {
  t.timeout(300_000);
  const hold: HostFile = {
    path: '/etc/systemd/system/consul.service.d/hold.conf',
    mode: 0o644,
    content: '[Unit]\nConditionPathExists=/run/go\n',
  };
  await whileBooting({ text: role, hostFiles: ({ name }) => (name === 'etcd-2' ? [hold] : []) }, async (lab) => {
    const line = /waiting: the Consul agent at .* it is not running yet/;
    t.regex(await says(lab, 'etcd-2', line), line);
    t.regex(await says(lab, 'etcd-2', line, 'etcd-register-server.service'), line);
    await output(lab, 'etcd-2', 'touch /run/go; systemctl start --no-block consul.service');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
  });
});

labTest('an artifact with another hash: the host says so and stops there', async (t) => {
  t.timeout(300_000);
  const wrong = '0'.repeat(64);
  const change = (spec: Spec) => {
    if (typeof spec.programs.etcd === 'object') spec.programs.etcd.sha256 = wrong;
  };
  await whileBooting(
    {},
    async (lab) => {
      for (const { name } of lab.hosts) {
        const line = new RegExp(
          `waiting: etcd: http://\\S+ has SHA-256 [0-9a-f]{64}, the spec says ${wrong}: not used`,
        );
        t.regex(await says(lab, name, line, 'quorumgate-program@etcd.service'), line);
        t.is(await output(lab, name, 'ls /opt/quorumgate/bin/etcd 2>/dev/null'), '');
        t.is(await etcdOf(lab, name), '');
        t.is(await output(lab, name, 'systemctl --failed --plain --no-legend'), '');
      }
    },
    change,
  );
});

/** How often; 50 is what the documents tell of. */
const boots = Number(process.env.RUNS ?? 3);

/** Kills one of them on one host, or, one time in four, the Consul server that leads. */
async function shoot(lab: Lab, next: () => number): Promise<boolean> {
  let { name } = lab.hosts[Math.floor(next() * lab.hosts.length)] ?? { name: 'etcd-1' };
  let victims = 'etcd-ready|etcd-register|socat|consul|systemd-notify|curl';
  if (next() < 0.25) {
    const asked = await output(lab, name, 'curl -s -m 1 http://127.0.0.1:8500/v1/status/leader').catch(() => '');
    const leader = lab.hosts.find(({ address }) => asked.includes(`"${address}:`));
    if (leader !== undefined) [name, victims] = [leader.name, 'consul agent'];
  }
  // By its command line: the sidekicks' process name is Node's.
  const shot = await output(lab, name, `pgrep -f '${victims}' | shuf -n 1 | xargs -r kill -9 -v`).catch(() => '');
  return shot !== '';
}

for (let seed = 1; seed <= boots; seed++) {
  labTest(`SIGKILL of everything at random moments of the boot, ${seed} of ${boots}`, async (t) => {
    t.timeout(300_000);
    await whileBooting({ seed, startSpread: 3 }, async (lab) => {
      const next = random(seed);
      const end = performance.now() + 20_000;
      let killed = 0;
      while (performance.now() < end) {
        await sleep(next() * 700);
        if (await shoot(lab, next)) killed += 1;
      }
      t.log(`${killed} processes killed`);
      t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
      await assertSound(t, lab);
    });
  });
}

import { setTimeout as sleep } from 'node:timers/promises';
import { foreignEtcd, rollBack, runsEtcd } from '../../attack/disk-attacks.ts';
import type { Lab } from '../../lab.ts';
import { assertHealed, eventually, labSpec, memberIds, operate, output } from '../lab-testing.ts';
import {
  assertOneDatabase,
  assertServing,
  assertUntouched,
  holds,
  members,
  rowsIn,
  someoneSays,
  statuses,
  whileWriting,
} from './trust-testing.ts';

const spec = labSpec({ etcd: '{version: 3.5.16, replaceDeadAfter: 10}' });
const { row } = rowsIn(async () => ({ text: spec }));

/** As the registration of a member that went away for a moment would: long enough to look, and to do what it does. */
const LOOKED = 20_000;
const else_ = /(something|somebody|another|other|foreign|not this host's|not its).*(answer|listen|etcd|process|port)/i;

async function played(lab: Lab, hosts: string[]): Promise<string[]> {
  const foreign = await Promise.all(hosts.map((host) => foreignEtcd(lab.layout, lab.host(host))));
  try {
    await sleep(LOOKED);
    return await Promise.all(hosts.map((host) => someoneSays(lab, host, else_, 5)));
  } finally {
    await Promise.all(foreign.map((one) => one.end()));
  }
}

for (const [name, hosts] of [
  ['D2: a foreign etcd at one host’s peer port', ['etcd-2']],
  ['D1: foreign etcds at all hosts’ peer ports', members],
] as const) {
  row(`${name}: the data stays, and is served when they have gone`, async (t, lab) => {
    const before = await memberIds(lab);
    let said: string[] = [];
    await whileWriting(t, lab, async () => {
      said = await played(lab, [...hosts]);
      await assertServing(t, lab, before, 60);
    });
    await assertUntouched(t, lab);
    for (const lines of said) t.regex(lines, else_);
  });
}

row('D4: one disk of before its launch, the others up: it joins by itself', async (t, lab) => {
  const before = await memberIds(lab);
  await whileWriting(t, lab, async () => {
    await rollBack(lab.host('etcd-2'));
    await assertHealed(t, lab, before, ['etcd-2']);
  });
  await assertOneDatabase(t, lab);
});

row('a removed member comes back and runs alone: one that joined since starts', async (t, lab) => {
  const state = '/var/lib/etcd /var/lib/quorumgate-etcd';
  await output(
    lab,
    'etcd-1',
    `systemctl stop etcd; mkdir /root/early; cp -a ${state} /root/early; systemctl start etcd`,
  );
  await whileWriting(t, lab, async () => {
    for (const host of ['etcd-1', 'etcd-2']) {
      const before = await memberIds(lab);
      await rollBack(lab.host(host));
      await assertHealed(t, lab, before, [host]);
    }
  });
  const runs = (host: string) => eventually(() => runsEtcd(lab.host(host)), Boolean, 60);
  await Promise.all(['etcd-2', 'etcd-3'].map((host) => lab.kill(host)));
  await output(
    lab,
    'etcd-1',
    `systemctl stop etcd; rm -rf ${state}; cp -a /root/early/. /var/lib; systemctl start --no-block etcd`,
  );
  t.true(await runs('etcd-1'), await statuses(lab));
  // Of the members that it lists the one that answers has never heard of it.
  await lab.start('etcd-2');
  t.true(await runs('etcd-2'), await statuses(lab));
  await lab.start('etcd-3');
  t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up', await statuses(lab));
  await assertOneDatabase(t, lab);
});

row(
  'D3: two disks of before their launch, the third off: nobody starts new; restore from the third’s disk',
  async (t, lab) => {
    await whileWriting(t, lab, async () => {});
    const put = await lab.etcdctl('etcd-1', ['put', 'acknowledged', 'yes']);
    t.is(put.exitCode, 0, put.stderr);
    await sleep(1000);
    await lab.kill('etcd-3');
    await Promise.all(['etcd-1', 'etcd-2'].map((host) => rollBack(lab.host(host))));
    await holds(25, async () => {
      for (const host of ['etcd-1', 'etcd-2']) {
        if (await runsEtcd(lab.host(host)))
          t.log(
            await output(
              lab,
              host,
              'ps axo pid,args; journalctl -b --no-pager -o short-precise -u etcd -u etcd-register-client | tail -60',
            ),
          );
        t.false(await runsEtcd(lab.host(host)), await statuses(lab));
      }
    });
    await lab.start('etcd-3');
    const named = /restore.*etcd-3|etcd-3.*restore/i;
    for (const host of ['etcd-1', 'etcd-2']) t.regex(await someoneSays(lab, host, named), named);
    t.false(await runsEtcd(lab.host('etcd-1')));
    // Without a quorum it serves no reads: what it has is on its disk.
    const kept = 'cat /var/lib/etcd/member/wal/*.wal /var/lib/etcd/member/snap/db | grep -ac acknowledged';
    t.regex(await output(lab, 'etcd-3', kept), /^[1-9]/);
  },
);

row(
  'D5: remains under member/ on two, nothing on the third: no reset over remains; three equal databases',
  async (t, lab) => {
    await whileWriting(t, lab, async () => {});
    const all = (command: (host: string) => string) =>
      Promise.all(members.map((host) => output(lab, host, command(host))));
    await all(() => 'systemctl stop etcd');
    await all((host) => (host === 'etcd-3' ? 'rm -rf /var/lib/etcd/*' : 'rm -rf /var/lib/etcd/member/wal'));
    await all(() => 'systemctl restart etcd-register-server; systemctl start --no-block etcd');
    for (const host of members) t.regex(await someoneSays(lab, host, /waiting|refusing/), /waiting|refusing/);
    const reset = (...lost: string[]) => operate(lab, 'etcd-1', spec, ['reset', 'SPEC', ...lost, '--yes']);
    const first = await reset();
    t.log(first.stderr);
    if (first.exitCode !== 0) {
      for (const host of ['etcd-1', 'etcd-2'])
        t.regex(first.stderr, new RegExp(`${host}: .*member`), 'it names the remains');
      // As an operator does who wants none of it.
      for (const host of ['etcd-1', 'etcd-2']) {
        await output(lab, host, 'systemctl stop etcd; mv /var/lib/etcd/member /var/lib/etcd/remains');
        await output(lab, host, 'systemctl restart etcd-register-server; systemctl start --no-block etcd');
      }
      const second = await reset('--lost', ...members);
      t.is(second.exitCode, 0, second.stderr);
    }
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up', await statuses(lab));
    await assertOneDatabase(t, lab);
    await whileWriting(t, lab, async () => {});
    await assertOneDatabase(t, lab);
  },
);

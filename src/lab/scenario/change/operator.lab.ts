import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import {
  assertSound,
  assertWhole,
  CURL,
  etcdOf,
  eventually,
  inLab,
  labSpec,
  labTest,
  operate,
  output,
  says,
  serverRole,
} from '../lab-testing.ts';
import { tagOf } from '../secured-testing.ts';

const spec = labSpec({ consul: serverRole, etcd: '{version: 3.5.16, replaceDeadAfter: 10}' });
const members = ['etcd-1', 'etcd-2', 'etcd-3'];

async function wipeAll(lab: Lab): Promise<void> {
  await Promise.all(members.map((name) => lab.kill(name)));
  await Promise.all(members.map((name) => lab.start(name, { wipe: true })));
}

const noQuorum = /waiting: cannot join cluster .*no healthy quorum.*; not here: /;
const lostAll = /waiting: cannot join cluster .*no healthy quorum.*quorumgate reset, or restore/;

labTest('all disks wiped: every host waits and says so; reset brings a new cluster', async (t) => {
  t.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-plans-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  await inLab({ text: spec }, async (lab) => {
    const { predicted } = await lab.cluster();
    const early = await operate(lab, 'etcd-1', spec, ['reset', 'SPEC', '--yes']);
    t.not(early.exitCode, 0, 'a living cluster is not reset');
    t.log(early.stderr);

    // One disk that is off and may hold data.
    await Promise.all(members.map((name) => lab.kill(name)));
    await Promise.all(['etcd-1', 'etcd-2'].map((name) => lab.start(name, { wipe: true })));
    for (const host of ['etcd-1', 'etcd-2']) t.regex(await says(lab, host, noQuorum), noQuorum);
    const refused = await operate(lab, 'etcd-1', spec, ['reset', 'SPEC', '--yes']);
    t.not(refused.exitCode, 0);
    t.regex(refused.stderr, /etcd-3/);
    t.log(refused.stderr);

    await lab.start('etcd-3', { wipe: true });
    for (const host of members) t.regex(await says(lab, host, lostAll), lostAll);
    for (const host of members) t.is(await etcdOf(lab, host), '');
    const unasked = await operate(lab, 'etcd-1', spec, ['reset', 'SPEC', '--lost', ...members]);
    t.is(unasked.exitCode, 2, 'nobody there to confirm');

    // Hosts of the old names whose disks are others: what became of the old ones only the operator knows.
    const others = await operate(lab, 'etcd-1', spec, ['reset', 'SPEC', '--yes']);
    t.is(others.exitCode, 1);
    for (const host of members) t.regex(others.stderr, new RegExp(`${host}: member .* is not accounted for`));
    // Signed away from the hosts, then applied.
    const [plan, signed] = [join(folder, 'plan.json'), join(folder, 'signed.json')];
    const run = (...args: string[]) => operate(lab, 'etcd-1', spec, args);
    const planned = await run('reset', 'SPEC', '--lost', ...members, '--plan', plan);
    t.is(planned.exitCode, 0, planned.stderr);
    const key = ['--key', lab.layout.operatorKey];
    t.is((await run('sign', plan, ...key, '--out', signed, '--yes')).exitCode, 0);
    t.is((await run('reset', 'SPEC', '--apply', plan, '--yes')).exitCode, 1, 'not signed');
    const reset = await run('reset', 'SPEC', '--apply', signed, '--yes');
    t.is(reset.exitCode, 0, reset.stderr);
    t.log(reset.stdout);
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
    t.not((await lab.cluster()).predicted, predicted);
    const again = await run('reset', 'SPEC', '--apply', signed, '--yes');
    t.regex(again.stderr, /the plan has been applied already/);
  });
});

labTest('restore from a snapshot: one host starts from it, the others join', async (t) => {
  t.timeout(900_000);
  await inLab({ text: spec }, async (lab) => {
    const { predicted } = await lab.cluster();
    t.is((await lab.etcdctl('etcd-1', ['put', 'kept', 'yes'])).exitCode, 0);
    const { root } = hostPaths(lab.layout, 'etcd-1');
    t.is((await lab.etcdctl('etcd-1', ['snapshot', 'save', '/root/snapshot.db'])).exitCode, 0);
    const bytes = readFileSync(`${root}/root/snapshot.db`);
    await wipeAll(lab);
    for (const host of members) t.regex(await says(lab, host, lostAll), lostAll);

    const args = ['restore', 'SPEC', '--snapshot', 'SNAPSHOT', '--seed', 'etcd-2', '--lost', ...members, '--yes'];
    const restored = await operate(lab, 'etcd-1', spec, args, bytes);
    t.is(restored.exitCode, 0, restored.stderr);
    t.log(restored.stdout);
    const missing = /waiting: .*restore\.db is not there/;
    t.regex(await says(lab, 'etcd-2', missing), missing);
    const bring = async (content: string | Uint8Array) => {
      writeFileSync(`${hostPaths(lab.layout, 'etcd-2').root}/root/brought.db`, content);
      await output(lab, 'etcd-2', 'install -o etcd -m 600 /root/brought.db /var/lib/etcd/restore.db');
    };
    await bring('not it');
    const wrong = /restore\.db has SHA-256/;
    t.regex(await says(lab, 'etcd-2', wrong), wrong);
    await bring(bytes);
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
    await assertSound(t, lab);
    await assertWhole(t, lab);
    t.not((await lab.cluster()).predicted, predicted);
    for (const host of members) t.regex((await lab.etcdctl(host, ['get', 'kept'])).stdout, /yes/);
  });
});

labTest('old disks that come back after a restore: their members are stopped and refused', async (t) => {
  t.timeout(900_000);
  await inLab({ text: spec }, async (lab) => {
    const old = (await lab.cluster()).predicted;
    t.is((await lab.etcdctl('etcd-1', ['snapshot', 'save', '/root/snapshot.db'])).exitCode, 0);
    const bytes = readFileSync(`${hostPaths(lab.layout, 'etcd-1').root}/root/snapshot.db`);
    await Promise.all(members.map((name) => lab.kill(name)));
    await lab.start('etcd-1', { wipe: true });
    t.regex(await says(lab, 'etcd-1', noQuorum), noQuorum);
    const args = ['restore', 'SPEC', '--snapshot', 'SNAPSHOT', '--seed', 'etcd-1', '--lost', ...members, '--yes'];
    // Consul needs a while to see that they are off.
    const restored = await eventually(
      () => operate(lab, 'etcd-1', spec, args, bytes),
      ({ exitCode }) => exitCode === 0,
      60,
    );
    t.is(restored.exitCode, 0, restored.stderr);
    writeFileSync(`${hostPaths(lab.layout, 'etcd-1').root}/root/brought.db`, bytes);
    await output(lab, 'etcd-1', 'install -o etcd -m 600 /root/brought.db /var/lib/etcd/restore.db');
    const up = await eventually(
      () => output(lab, 'etcd-1', 'systemctl is-active etcd-cluster.target'),
      (text) => text === 'active',
      60,
    );
    t.is(up, 'active');

    // Two of the three that the old cluster had: a quorum of it. Somebody has made the list of keys too long to be read.
    const note = (more: string) => `${CURL} -X ${more} 127.0.0.1:8500/v1/kv/etcd3/mycluster/note`;
    const flood = `head -c 500000 /dev/zero | tr '\\0' x >/root/much; for n in 1 2 3; do ${note('PUT --data-binary @/root/much')}/$n; done`;
    t.regex(await output(lab, 'etcd-1', flood), /^(true\s*){3}$/);
    await Promise.all(['etcd-2', 'etcd-3'].map((name) => lab.start(name)));
    const refused = new RegExp(`refusing: the data here is of cluster ${old}; an operator has put`);
    for (const host of ['etcd-2', 'etcd-3']) {
      t.regex(await says(lab, host, refused), refused);
      t.is(await etcdOf(lab, host), '');
    }
    t.is(await output(lab, 'etcd-1', `${note('DELETE')}?recurse`), 'true');
    // Nor do they start when Consul is away: they have seen it.
    for (const host of ['etcd-2', 'etcd-3']) {
      await output(lab, host, 'systemctl stop consul; systemctl kill -s KILL etcd; systemctl restart --no-block etcd');
    }
    await eventually(async () => false, Boolean, 10);
    for (const host of ['etcd-2', 'etcd-3']) {
      t.is(await etcdOf(lab, host), '', await says(lab, host, refused));
      await output(lab, host, 'systemctl start consul');
    }
    const clients = `curl -s "127.0.0.1:8500/v1/health/service/etcd3?passing&tag=${tagOf('client')}._tcp.mycluster"`;
    const named = await output(lab, 'etcd-1', `${clients} | grep -o '"Node":"etcd-[0-9]"' | sort -u`);
    t.is(named, '"Node":"etcd-1"');
    // Wiped, they join the cluster that there is.
    await Promise.all(['etcd-2', 'etcd-3'].map((name) => lab.fault.wipe(name)));
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
    await assertSound(t, lab);
    await assertWhole(t, lab);
  });
});

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { allKeys, deregister, nobodyOn, register } from '../../attack/attacker.ts';
import { type Lab, start } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import { assertSound, inLab, labSpec, labTest, operate, output, says, statusLine } from '../lab-testing.ts';
import { SCHEME } from '../secured-testing.ts';

const spec = labSpec({ consul: '{servers: role, count: 1, join: [10.77.0.11]}' });
const empty = { state: 'empty', size: '3', scheme: SCHEME };

/** A snapshot of some etcd, as a file's bytes. */
const SNAPSHOT = [
  'systemd-run --unit=some --collect /opt/quorumgate/bin/etcd --data-dir=/tmp/some --listen-peer-urls=http://127.0.0.1:12380 --listen-client-urls=http://127.0.0.1:12379 --advertise-client-urls=http://127.0.0.1:12379',
  'until ETCDCTL_API=3 /opt/quorumgate/bin/etcdctl --endpoints=127.0.0.1:12379 snapshot save /root/some.db; do sleep 0.2; done',
  'systemctl stop some',
];

/** Characters that no terminal, journal or message to systemd may be given. */
const unseen = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u;
const orders = /^(WATCHDOG|READY|MAINPID|STATUS)=/;
const hostile = [
  'other\nWATCHDOG=trigger',
  'other\u001b[2J\u001b]0;x\u0007',
  'other\r\nREADY=1\nMAINPID=1',
  'other\u2028\u202e\u009b',
];

/** Every line can be seen as what it is. */
function assertText(t: ExecutionContext, text: string, where: string): void {
  for (const line of text.split('\n')) {
    t.notRegex(line, unseen, `${where}: ${JSON.stringify(line)}`);
    t.notRegex(line, orders, where);
  }
}

const two = /2 of 3 registered: etcd-1, etcd-2/;

async function assertNamed(t: ExecutionContext, lab: Lab, node: string): Promise<void> {
  t.log(JSON.stringify(node));
  const voice = nobodyOn(lab, 'etcd-1');
  await register(voice, 'mycluster', { node, address: '10.77.0.66', meta: { ...empty, size: '5' } });
  const named = /left out: .*other/;
  t.regex(await says(lab, 'etcd-1', named), named);
  await sleep(3000);
  for (const host of ['etcd-1', 'etcd-2']) {
    t.is(await output(lab, host, 'systemctl show -P NRestarts etcd'), '0', `${host}: its gate was ended`);
    assertText(t, await statusLine(lab, host, 'etcd'), host);
    assertText(t, await output(lab, host, 'journalctl -b -o cat --all --no-pager -u etcd'), `${host}: journal`);
  }
  const { stdout, stderr } = await operate(lab, 'etcd-1', spec, ['member', 'list', 'SPEC']);
  assertText(t, stdout + stderr, 'member list');
  await deregister(voice, node);
  t.regex(await says(lab, 'etcd-1', two), two);
}

/** Runs `restore` with a host whose address is none. */
async function assertNothingWritten(t: ExecutionContext, lab: Lab): Promise<void> {
  const voice = nobodyOn(lab, 'etcd-1');
  t.log(await output(lab, 'etcd-1', SNAPSHOT.join('\n')));
  const snapshot = readFileSync(`${hostPaths(lab.layout, 'etcd-1').root}/root/some.db`);
  await register(voice, 'mycluster', { node: 'aaa', address: '127.0.0.1:1:;x', meta: empty });
  const args = ['restore', 'SPEC', '--snapshot', 'SNAPSHOT', '--yes'];
  const restored = await operate(lab, 'etcd-1', spec, args, snapshot);
  t.log(restored.stdout, restored.stderr);
  const keys = [...(await allKeys(voice, 'mycluster')).keys()].filter((key) => /bootstrap|record/.test(key));
  t.deepEqual(keys, [], 'nothing is written');
  t.not(restored.exitCode, 0);
  t.regex(await says(lab, 'etcd-1', /aaa/), /aaa/, 'the gate names who has no address');
  await deregister(voice, 'aaa');
}

labTest(
  'W10, W7: names that are lines and escapes, an address that is none: text is text; nothing is written',
  async (t) => {
    t.timeout(600_000);
    await inLab(
      { text: spec },
      async (lab) => {
        await lab.kill('etcd-3');
        t.regex(await says(lab, 'etcd-1', two), two);
        const before = await output(lab, 'etcd-1', 'cat /run/quorumgate/host.env');
        for (const node of hostile) await assertNamed(t, lab, node);
        t.is(await output(lab, 'etcd-1', 'cat /run/quorumgate/host.env'), before);
        await assertNothingWritten(t, lab);
        await lab.start('etcd-3');
        t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
        await assertSound(t, lab);
      },
      start,
    );
  },
);

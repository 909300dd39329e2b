import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { nobodyOn, tell } from '../../attack/attacker.ts';
import { type Lab, start } from '../../lab.ts';
import {
  assertSound,
  etcdOf,
  eventually,
  inLab,
  labSpec,
  labTest,
  says,
  serverRole,
  statusLine,
} from '../lab-testing.ts';
import { SCHEME, tagOf } from '../secured-testing.ts';
import { journal } from './trust-testing.ts';

interface Phantom {
  node: string;
  address: string;
  meta?: Record<string, string>;
}

const EMPTY = { state: 'empty', size: '3', scheme: SCHEME };

/** Entries that somebody else has written into Consul's catalog. */
async function register(lab: Lab, { node, address, meta = {} }: Phantom): Promise<void> {
  const body = {
    Node: node,
    Address: '10.77.0.66',
    Service: {
      ID: `${node}-server`,
      Service: 'etcd3',
      Tags: [`${tagOf('server')}._tcp.mycluster`],
      Address: address,
      Port: 2380,
      Meta: { incarnation: `of-${node}`, ...EMPTY, ...meta },
    },
  };
  await catalog(lab, 'register', body);
}

async function catalog(lab: Lab, what: 'register' | 'deregister', body: object): Promise<void> {
  const said = await tell(nobodyOn(lab, 'consul-server-1'), 'PUT', `catalog/${what}`, JSON.stringify(body));
  if (said.trim() !== 'true') throw new Error(`Consul: ${said}`);
}

/** The gate names the cause, and lets nothing start. */
async function assertNamed(t: ExecutionContext, lab: Lab, cause: RegExp): Promise<void> {
  const line = await eventually(
    () => statusLine(lab, 'etcd-1', 'etcd.service'),
    (text) => cause.test(text),
  );
  t.regex(line, cause);
  await sleep(1000);
  for (const host of ['etcd-1', 'etcd-2']) t.is(await etcdOf(lab, host), '', host);
}

async function isListed(lab: Lab, host: string): Promise<boolean> {
  const { stdout } = await lab.exec('consul-server-1', ['curl', '-sf', '127.0.0.1:8500/v1/catalog/service/etcd3']);
  return stdout.includes(`"ServiceID":"${host}-server"`);
}

labTest(
  'records that are extra, double, of no address, foreign, or lack: the gate stays shut and says which',
  async (t) => {
    t.timeout(600_000);
    await inLab(
      { text: labSpec({ consul: serverRole }) },
      async (lab) => {
        await lab.kill('etcd-3');
        const two = /2 of 3 registered: etcd-1, etcd-2/;
        t.regex(await says(lab, 'etcd-1', two), two);
        const other = { node: 'other', address: '10.77.0.65' };
        // With one of two there would be three, which may agree: none is left alone as if it were one of us.
        const unlike = { ...other, meta: { size: '5' } };
        const cases: [string, Phantom[], RegExp][] = [
          [
            'extra',
            [unlike, { node: 'more', address: '10.77.0.64' }, other],
            /4 of 3 registered: etcd-1, etcd-2, more, other/,
          ],
          ['the same address', [{ node: 'other', address: '10.77.0.102' }], /registered with the same address/],
          [
            'no address',
            [{ node: 'other', address: 'nowhere.invalid' }],
            /2 of 3 registered: .*; left out: "other-server" .*"nowhere\.invalid", no IPv4 address/,
          ],
          ['with data', [{ ...other, meta: { state: 'member', cid: 'a' } }], /other registered with data/],
          ['of another spec', [{ ...other, meta: { size: '5' } }], /hosts disagree on the spec.*other: size 5/],
          ['of no quorumgate', [{ ...other, meta: { state: '', size: '' } }], /other registered with data/],
        ];
        for (const [name, phantoms, cause] of cases) {
          t.log(name);
          for (const phantom of phantoms) await register(lab, phantom);
          await assertNamed(t, lab, cause);
          for (const phantom of phantoms) await register(lab, { ...phantom, meta: { size: '5' } });
          for (const { node } of phantoms) await catalog(lab, 'deregister', { Node: node });
          t.regex(await says(lab, 'etcd-1', two), two);
        }
        await catalog(lab, 'deregister', { Node: 'etcd-1', ServiceID: 'etcd-1-server' });
        // Its gate sees that it lacks, and registers again: too soon for a status line that one could wait for.
        t.true(await eventually(() => isListed(lab, 'etcd-1'), Boolean));
        const lacks = /own record is not among them/;
        t.regex(
          await eventually(
            () => journal(lab, 'etcd-1'),
            (text) => lacks.test(text),
          ),
          lacks,
        );
        await assertNamed(t, lab, two);
        await lab.start('etcd-3');
        t.is((await lab.wait({ timeoutSeconds: 240 })).outcome, 'up');
        await assertSound(t, lab);
      },
      start,
    );
  },
);

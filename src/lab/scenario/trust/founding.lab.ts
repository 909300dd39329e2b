import { setTimeout as sleep } from 'node:timers/promises';
import { makeRecord } from '../../../sidekick/shared/record.ts';
import { allKeys, nobodyOn, tell, type Voice } from '../../attack/attacker.ts';
import type { Lab } from '../../lab.ts';
import { assertHealed, labSpec, memberIds } from '../lab-testing.ts';
import { SCHEME } from '../secured-testing.ts';
import { journal, rowsIn, someoneSays, whileWriting } from './trust-testing.ts';

const { row } = rowsIn(async () => ({
  text: labSpec({
    consul: '{servers: role, count: 1, join: [10.77.0.11]}',
    etcd: '{version: 3.5.16, replaceDeadAfter: 10}',
  }),
}));

interface Instance {
  Node: { Node: string };
  Service: { Meta: Record<string, string> };
}

/** Waits until a wiped host says which disk it has, then makes it, alone or with others, a cluster in the place of all keys: one request. */
async function found(
  voice: Voice,
  lab: Lab,
  host: string,
  others: { name: string; address: string }[],
): Promise<string> {
  for (;;) {
    const entries = JSON.parse(await tell(voice, 'GET', 'health/service/etcd3')) as Instance[];
    const entry = entries.find(({ Node, Service }) => Node.Node === host && Service.Meta['state'] === 'empty');
    const incarnation = entry?.Service.Meta['incarnation'];
    if (incarnation === undefined) {
      await sleep(20);
      continue;
    }
    const mine = { name: host, incarnation, peer_url: `${SCHEME}://${lab.host(host).address}:2380` };
    const more = others.map(({ name, address }) => ({
      name,
      incarnation: `of-${name}`,
      peer_url: `${SCHEME}://${address}:2380`,
    }));
    const record = makeRecord([mine, ...more], 'forged', Math.floor(Date.now() / 1000));
    const Value = Buffer.from(JSON.stringify(record)).toString('base64');
    const set = (key: string) => ({ KV: { Verb: 'set', Key: `etcd3/mycluster/${key}`, Value } });
    const all = { KV: { Verb: 'delete-tree', Key: 'etcd3/mycluster/' } };
    const request = [all, set('bootstrap'), set(`lineage/${record.cluster_id}/record`)];
    await tell(voice, 'PUT', 'txn', JSON.stringify(request));
    return record.cluster_id;
  }
}

const STRANGERS = [
  { name: 'alien-1', address: '10.77.0.66' },
  { name: 'alien-2', address: '10.77.0.67' },
];

for (const [title, others] of [
  ['alone', []],
  ['with two that nobody knows', STRANGERS],
] as const) {
  row(
    `a wiped host is named by a forged record, ${title}: no second cluster, and it joins the one there is`,
    async (t, lab) => {
      const before = await memberIds(lab);
      const voice = nobodyOn(lab, 'etcd-1');
      let forged = '';
      await whileWriting(t, lab, async () => {
        const [id] = await Promise.all([found(voice, lab, 'etcd-3', [...others]), lab.fault.wipe('etcd-3')]);
        forged = id;
        const named = new RegExp(`two clusters of this name.*${forged}|cluster ${forged} is in doubt`);
        t.regex(await someoneSays(lab, 'etcd-3', named), named);
        t.notRegex(await journal(lab, 'etcd-3'), /starting as one of/);
        // As the status says; members have put their own back.
        for (const key of (await allKeys(voice, 'mycluster')).keys()) {
          if (key.includes(forged)) await tell(voice, 'DELETE', `kv/${key}`);
        }
        await assertHealed(t, lab, before, ['etcd-3']);
      });
      t.notRegex(await journal(lab, 'etcd-3'), /starting as one of/);
    },
  );
}

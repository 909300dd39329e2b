import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import {
  allKeys,
  deregister,
  forged,
  nobodyOn,
  putKey,
  register,
  type Stranger,
  stranger,
  tell,
} from '../../attack/attacker.ts';
import type { Lab } from '../../lab.ts';
import { assertHealed, eventually, labSpec, memberIds, operate, output } from '../lab-testing.ts';
import {
  assertRestarts,
  assertServing,
  assertUntouched,
  journal,
  members,
  processes,
  recheck,
  rowsIn,
  whileWriting,
} from './trust-testing.ts';

/** In plain: these are words of whoever reaches the network, with an agent of his own. */
const spec = labSpec({ secrets: 'off', etcd: '{version: 3.5.16, replaceDeadAfter: 10}' });
const BOOTSTRAP = 'etcd3/mycluster/bootstrap';
let alien: Stranger | undefined;
const { row } = rowsIn(
  async () => ({ text: spec }),
  async (lab) => {
    alien = await stranger(lab);
  },
);

interface Own {
  clusterId: string;
  generation: number;
  /** Keys that hold a record, with their values. */
  records: Map<string, string>;
}

const isRecord = (key: string) => /\/(bootstrap|lineage\/[^/]+\/record)$/.test(key);

function read(text: string): { cluster_id?: string; generation?: number } {
  try {
    return JSON.parse(text) as { cluster_id: string; generation: number };
  } catch {
    return {};
  }
}

async function own(lab: Lab): Promise<Own> {
  const keys = await allKeys(nobodyOn(lab, 'etcd-1'), 'mycluster');
  const { cluster_id: clusterId = '', generation = 0 } = read(keys.get(BOOTSTRAP) ?? '');
  return { clusterId, generation, records: new Map([...keys].filter(([key]) => isRecord(key))) };
}

/** The cluster's own record can be read again, at `key` or, where that is whoever's, at its lineage's. */
async function assertRecordBack(t: ExecutionContext, lab: Lab, before: Own, key: string): Promise<void> {
  const pids = await processes(lab);
  await recheck(lab);
  const look = async () => {
    t.deepEqual(await processes(lab), pids, 'nobody is stopped');
    return (await own(lab)).records;
  };
  const ours = ([name, value]: [string, string]) =>
    read(value).cluster_id === before.clusterId && (name === key || key === BOOTSTRAP);
  const seen = await eventually(look, (records) => [...records].some(ours), 75);
  t.true([...seen].some(ours), JSON.stringify([...seen]));
}

const voices = (lab: Lab) =>
  [
    ['user nobody of a member', nobodyOn(lab, 'etcd-1')],
    ['a stranger’s agent', alien?.voice ?? nobodyOn(lab, 'etcd-1')],
  ] as const;

/** Where the own record stands elsewhere by now, `bootstrap` is anybody's: as it was, for the next row. */
async function putBack(lab: Lab, before: Own): Promise<void> {
  for (const [key, value] of before.records) await putKey(nobodyOn(lab, 'etcd-1'), key, value);
}

row(
  'W1: a record of a later generation, at each key, by anybody: all serve, the own record is back',
  async (t, lab) => {
    const before = await own(lab);
    const ids = await memberIds(lab);
    await whileWriting(t, lab, async () => {
      for (const [who, voice] of voices(lab)) {
        for (const key of before.records.keys()) {
          t.log(`${who}: ${key}`);
          await putKey(voice, key, forged(before.generation + 1));
          await assertRecordBack(t, lab, before, key);
        }
      }
      const told = await journal(lab, 'etcd-1');
      t.regex(told, /(bootstrap|record).*(proof|sign|again|another|not ours|foreign|back)/i, 'it says what happened');
      for (const host of members) await assertRestarts(t, lab, host);
      await assertServing(t, lab, ids);
    });
    await putBack(lab, before);
    await assertUntouched(t, lab);
  },
);

for (const [name, later] of [
  ['the same', 0],
  ['a lower', -1],
] as const) {
  row(
    `W2: another cluster's record, of ${name} generation: all serve, each has its own key, nobody fights`,
    async (t, lab) => {
      const before = await own(lab);
      const ids = await memberIds(lab);
      const voice = nobodyOn(lab, 'etcd-1');
      const theirs = forged(before.generation + later);
      const { cluster_id: lineage } = read(theirs);
      await whileWriting(t, lab, async () => {
        // As two Consuls leave it that were joined: a cluster of this name was there too.
        for (const key of [`etcd3/mycluster/lineage/${lineage}/record`, BOOTSTRAP]) await putKey(voice, key, theirs);
        await assertRecordBack(t, lab, before, `etcd3/mycluster/lineage/${before.clusterId}/record`);
        for (const host of members) await assertRestarts(t, lab, host);
        await assertServing(t, lab, ids);
        await recheck(lab);
        await sleep(5000);
        const { records } = await own(lab);
        t.is(records.get(BOOTSTRAP), theirs, 'the other cluster has its record as well');
        t.is(
          read(records.get(`etcd3/mycluster/lineage/${before.clusterId}/record`) ?? '').cluster_id,
          before.clusterId,
        );
      });
      await tell(voice, 'DELETE', `kv/etcd3/mycluster/lineage/${lineage}/record`);
      await putBack(lab, before);
    },
  );
}

row('W4: garbage in the record’s key: commands name the key; a healthy member puts it right', async (t, lab) => {
  const before = await own(lab);
  // Members look once a minute: not while the commands do.
  const timers = (verb: string) =>
    Promise.all(members.map((name) => output(lab, name, `systemctl ${verb} etcd-record.timer`)));
  await timers('stop');
  for (const garbage of ['{"generation": oops', '', 'null', '[]']) {
    for (const key of before.records.keys()) {
      await putKey(nobodyOn(lab, 'etcd-1'), key, garbage);
      const listed = await operate(lab, 'etcd-1', spec, ['member', 'list', 'SPEC']);
      if (key === BOOTSTRAP || listed.exitCode !== 0) t.regex(listed.stderr + listed.stdout, new RegExp(key), garbage);
      // To its end on each host: what is late would put the next one right.
      for (const name of members) await output(lab, name, 'systemctl start etcd-record');
      const look = async () => (await own(lab)).records.get(key) ?? '';
      const seen = await eventually(look, (value) => read(value).cluster_id === before.clusterId, 75);
      t.is(read(seen).cluster_id, before.clusterId, `${key}: ${seen}`);
    }
  }
  await timers('start');
});

row('W7: a peer URL in the record that is none: data starts', async (t, lab) => {
  const before = await own(lab);
  const ids = await memberIds(lab);
  for (const key of before.records.keys()) {
    await putKey(nobodyOn(lab, 'etcd-1'), key, forged(before.generation + 1, 'x'));
    await assertRestarts(t, lab, 'etcd-2');
    await assertServing(t, lab, ids);
  }
  await putBack(lab, before);
});

row('W3: a stranger’s member list without this member: data starts', async (t, lab) => {
  const { clusterId } = await own(lab);
  const ids = await memberIds(lab);
  const [, ...others] = [...ids].map(([name, id]) => ({ id, name, peerUrl: `http://${lab.host(name).address}:2380` }));
  const etcd = { clusterId, members: [...others, { id: 'abcdef', name: 'alien', peerUrl: 'http://10.77.0.66:2380' }] };
  await alien?.lie({ ports: [2379, 2380], etcd });
  const entry = { node: 'alien', address: '10.77.0.66', meta: { cid: clusterId } };
  await register(alien?.voice ?? nobodyOn(lab, 'etcd-1'), 'mycluster', entry);
  for (let time = 1; time <= 4; time++) {
    await assertRestarts(t, lab, 'etcd-1');
    await assertServing(t, lab, ids);
  }
  await assertUntouched(t, lab);
  await deregister(nobodyOn(lab, 'etcd-1'), 'alien');
});

row('W12: a stranger holds the lock of joining: a wiped host is late, not stuck', async (t, lab) => {
  const ids = await memberIds(lab);
  const [, voice] = voices(lab)[1];
  const session = JSON.parse(await tell(voice, 'PUT', 'session/create', '{"Name":"for ever","LockDelay":"60s"}')) as {
    ID: string;
  };
  t.is((await tell(voice, 'PUT', `kv/etcd3/mycluster/lock?acquire=${session.ID}`, 'alien')).trim(), 'true');
  await lab.fault.wipe('etcd-3');
  await assertHealed(t, lab, ids, ['etcd-3']);
  await tell(nobodyOn(lab, 'etcd-1'), 'PUT', `session/destroy/${session.ID}`);
});

row('W12: marks that retire every disk, by nobody: all restart', async (t, lab) => {
  const ids = await memberIds(lab);
  await whileWriting(t, lab, async () => {
    for (const host of members) {
      const identity = await output(lab, host, 'cat /var/lib/etcd/quorumgate.json');
      const { incarnation } = JSON.parse(identity) as { incarnation: string };
      for (const value of [host, JSON.stringify({ name: host, member: ids.get(host), proof: 'A'.repeat(86) })]) {
        await putKey(nobodyOn(lab, 'etcd-1'), `etcd3/mycluster/retired/${incarnation}`, value);
        await assertRestarts(t, lab, host);
      }
    }
    await assertServing(t, lab, ids);
  });
});

import { allKeys, nobodyOn, tell } from '../../attack/attacker.ts';
import type { Lab } from '../../lab.ts';
import { eventually, labSpec, memberIds, operate, output } from '../lab-testing.ts';
import {
  assertServing,
  assertUntouched,
  members,
  rowsIn,
  someoneSays,
  statuses,
  whileWriting,
  wipeData,
} from './trust-testing.ts';

const spec = labSpec({ etcd: '{version: 3.5.16, replaceDeadAfter: 10}' });
const { row } = rowsIn(async () => ({ text: spec }));

interface Entry {
  Node: { Node: string; Address: string };
  Service: { ID: string; Tags: string[]; Address: string; Port: number; Meta: Record<string, string> };
}

const entryOf = async (lab: Lab, host: string): Promise<Entry | undefined> => {
  const found = await tell(nobodyOn(lab, 'etcd-1'), 'GET', 'health/service/etcd3');
  return (JSON.parse(found) as Entry[]).find(({ Service }) => Service.ID === `${host}-server`);
};

/** By anybody, in the place of what the host itself has registered: its disk is here, it is well, its data is gone. */
async function sayItIsEmpty(lab: Lab, { Node, Service }: Entry): Promise<void> {
  const { ID, Tags, Address, Port, Meta } = Service;
  const service = { ID, Service: 'etcd3', Tags, Address, Port, Meta: { ...Meta, state: 'launched' } };
  const Check = { Node: Node.Node, CheckID: 'serfHealth', Name: 'Serf Health Status', Status: 'passing' };
  const body = { Node: Node.Node, Address: Node.Address, SkipNodeUpdate: true, Service: service, Check };
  await tell(nobodyOn(lab, 'etcd-1'), 'PUT', 'catalog/register', JSON.stringify(body));
}

/** Consul's leader may take it back, once a minute. */
async function isTaken(lab: Lab, entry: Entry): Promise<boolean> {
  await sayItIsEmpty(lab, entry);
  const found = await tell(nobodyOn(lab, 'etcd-1'), 'GET', 'health/service/etcd3?passing');
  const passing = (JSON.parse(found) as Entry[]).find(({ Service }) => Service.ID === entry.Service.ID);
  return passing?.Service.Meta['state'] === 'launched';
}

row('a member that is off is alive and without data by the catalog alone: no reset, no restore', async (t, lab) => {
  const ids = await memberIds(lab);
  await whileWriting(t, lab, async () => {});
  t.is((await lab.etcdctl('etcd-1', ['snapshot', 'save', '/root/some.db'])).exitCode, 0);
  const snapshot = Buffer.from(await output(lab, 'etcd-1', 'base64 /root/some.db'), 'base64');
  const own = await entryOf(lab, 'etcd-3');
  t.is(own?.Service.Meta['member'], ids.get('etcd-3'));
  await lab.kill('etcd-3');
  for (const host of ['etcd-1', 'etcd-2']) await wipeData(lab, host);
  for (const host of ['etcd-1', 'etcd-2'])
    t.regex(await someoneSays(lab, host, /waiting|refusing/), /waiting|refusing/);
  const failed = () => output(lab, 'etcd-1', 'consul members | grep etcd-3');
  t.regex(await eventually(failed, (line) => /failed|left/.test(line), 60), /failed|left/);
  const keys = () => allKeys(nobodyOn(lab, 'etcd-1'), 'mycluster');
  const before = await keys();
  const wiped = ['--lost', 'etcd-1', 'etcd-2'];
  for (const args of [
    ['reset', 'SPEC', ...wiped, '--yes'],
    ['restore', 'SPEC', '--snapshot', 'SNAPSHOT', ...wiped, '--yes'],
  ]) {
    const said = await eventually(async () => own !== undefined && (await isTaken(lab, own)), Boolean);
    t.true(said, 'the catalog has it as alive and without data');
    const { exitCode, stdout, stderr } = await operate(lab, 'etcd-1', spec, args, snapshot);
    t.log(stdout, stderr);
    t.not(exitCode, 0, `${args[0]}: the data of etcd-3 is given up`);
    // Whether the entry has been taken out again by then is Consul's to say.
    t.regex(stderr, /etcd-3: (it is registered but not alive|member .* is not accounted for)/, args[0]);
    for (const other of ['etcd-1', 'etcd-2'])
      t.notRegex(stderr, new RegExp(`^ *${other}:`, 'm'), 'nothing else stands in its way');
  }
  for (const [key, value] of before) if (/bootstrap|record/.test(key)) t.is((await keys()).get(key), value, key);
  // Its data is there.
  await lab.start('etcd-3');
  const left = /data is left on etcd-3 .*restore/;
  t.regex(await someoneSays(lab, 'etcd-1', left, 90), left, await statuses(lab));
});

row('all members are without data by the catalog alone, and are not: no reset, no restore', async (t, lab) => {
  const before = await memberIds(lab);
  await whileWriting(t, lab, async (writer) => {
    await writer.stop();
    t.is((await lab.etcdctl('etcd-1', ['snapshot', 'save', '/root/other.db'])).exitCode, 0);
    const snapshot = Buffer.from(await output(lab, 'etcd-1', 'base64 /root/other.db'), 'base64');
    const own = await Promise.all(members.map((host) => entryOf(lab, host)));
    t.true(own.every((entry) => entry !== undefined));
    await Promise.all(members.map((host) => output(lab, host, 'systemctl stop etcd')));
    const keys = async () =>
      [...(await allKeys(nobodyOn(lab, 'etcd-1'), 'mycluster'))].filter(([key]) => /bootstrap|record/.test(key));
    const left = await keys();
    for (const args of [
      ['reset', 'SPEC', '--yes'],
      ['restore', 'SPEC', '--snapshot', 'SNAPSHOT', '--yes'],
    ]) {
      const isTakenOfAll = async () =>
        (await Promise.all(own.map(async (entry) => entry !== undefined && (await isTaken(lab, entry))))).every(
          Boolean,
        );
      t.true(await eventually(isTakenOfAll, Boolean), 'the catalog has them as without data');
      const { exitCode, stdout, stderr } = await operate(lab, 'etcd-1', spec, args, snapshot);
      t.log(stdout, stderr);
      t.is(exitCode, 1, `${args[0]}: their data is given up`);
      for (const host of members) t.regex(stderr, new RegExp(`${host}: (member .* is not accounted for|it has data)`));
    }
    t.deepEqual(await keys(), left, 'nothing is written');
    await Promise.all(members.map((host) => output(lab, host, 'systemctl start --no-block etcd')));
    await assertServing(t, lab, before, 90);
  });
  await assertUntouched(t, lab);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { loadAssets } from '../../../io/assets.ts';
import { allKeys, nobodyOn, tell } from '../../attack/attacker.ts';
import { ownFiles, readSeeds, writeSeeds } from '../../cluster/seeds.ts';
import type { HostFile } from '../../host/host.ts';
import type { Lab } from '../../lab.ts';
import { assertHealed, assertWhole, eventually, labSpec, memberIds, operate, output } from '../lab-testing.ts';
import { assertOneDatabase, rowsIn, someoneSays, statuses, whileWriting, wipeData } from './trust-testing.ts';

const spec = (size: number) =>
  labSpec({ cluster: `{name: mycluster, size: ${size}}`, etcd: '{version: 3.5.16, replaceDeadAfter: 20}' });
const { row } = rowsIn(async () => ({ text: spec(3) }));

const names = (lab: Lab) => lab.hosts.map(({ name }) => name);
const hold: HostFile = {
  path: '/etc/systemd/system/etcd.service.d/hold.conf',
  mode: 0o644,
  content: '[Unit]\nConditionPathExists=/run/go\n',
};

row('D9: a dead member is retired whose address a new host has: the new disk is not marked', async (t, lab) => {
  const before = await memberIds(lab);
  const seeds = readSeeds(lab.layout);
  const own = new Map(seeds.own).set('etcd-3', [...ownFiles(seeds, lab.host('etcd-3')), hold]);
  await writeSeeds(lab.layout, { ...seeds, own });
  await lab.fault.replace('etcd-3', { sameAddress: true });
  await writeSeeds(lab.layout, seeds);
  const [fresh = ''] = names(lab).filter((name) => !before.has(name));
  t.regex(await someoneSays(lab, fresh, /registered etcd-/), /registered etcd-/);
  const { stdout } = await lab.exec(fresh, ['grep', '-o', '"incarnation":"[^"]*"', '/var/lib/etcd/quorumgate.json']);
  const incarnation = stdout.trim().split('"')[3] ?? '';
  t.not(incarnation, '');

  const retired = await operate(lab, 'etcd-1', spec(3), ['member', 'retire', 'SPEC', 'etcd-3', '--yes']);
  t.log(retired.stdout, retired.stderr);
  const marked = [...(await allKeys(nobodyOn(lab, 'etcd-1'), 'mycluster')).keys()].filter((key) =>
    key.includes('/retired/'),
  );
  t.false(
    marked.some((key) => key.includes(incarnation)),
    `the new disk is marked: ${marked}`,
  );
  await output(lab, fresh, 'touch /run/go; systemctl start --no-block etcd');
  await assertHealed(t, lab, before, [fresh]);
});

async function grown(lab: Lab): Promise<void> {
  if (lab.state.cluster.size === 5) return;
  await lab.grow({ text: spec(5), file: 'larger.yaml', assets: await loadAssets() });
  await lab.wait({ timeoutSeconds: 120 });
}

row('D8: the gate of a host that was booted for 3 is killed between remove and add: five members', async (t, lab) => {
  await grown(lab);
  await assertWhole(t, lab);
  const off = names(lab).at(-1) ?? '';
  await whileWriting(t, lab, async () => {
    await lab.kill(off);
    // etcd calls a peer gone after five seconds without a byte.
    await sleep(8000);
    await wipeData(lab, 'etcd-1');
    const journal = () => output(lab, 'etcd-1', 'journalctl -b -o cat --no-pager -u etcd').catch(() => '');
    // The gate's own words, not etcd's.
    const removal = /^removed member \w+: this host was it.*/m;
    const said = await eventually(journal, (text) => removal.test(text), 60);
    t.log(removal.exec(said)?.[0]);
    // With one of them off etcd adds none: there is time.
    await lab.fault.kill('etcd-1', { program: 'gate' });
    await sleep(2000);
    await lab.start(off);
    t.is((await lab.wait({ timeoutSeconds: 100 })).outcome, 'up', await statuses(lab));
  });
  await assertWhole(t, lab);
  await assertOneDatabase(t, lab);
});

row(
  'D10: two voters that joined after the birth are off with all the data: no reset without --lost',
  async (t, lab) => {
    await grown(lab);
    await whileWriting(t, lab, async () => {});
    await sleep(1000);
    const off = names(lab).slice(-2);
    const left = names(lab).slice(0, 3);
    for (const host of off) await lab.kill(host);
    for (const host of left) await wipeData(lab, host);
    for (const host of left) t.regex(await someoneSays(lab, host, /waiting|refusing/), /waiting|refusing/);
    const voice = nobodyOn(lab, 'etcd-1');
    const before = await allKeys(voice, 'mycluster');
    const forgotten = (nodes: string) => off.every((host) => !nodes.includes(`"Node":"${host}"`));
    const nodes = await eventually(() => tell(voice, 'GET', 'catalog/nodes'), forgotten, 120);
    t.true(forgotten(nodes), 'Consul has forgotten them');
    const reset = await operate(lab, 'etcd-1', spec(3), ['reset', 'SPEC', '--yes']);
    t.log(reset.stdout, reset.stderr);
    t.not(reset.exitCode, 0, 'nobody has said that they are lost');
    for (const host of off) t.regex(reset.stderr, new RegExp(`--lost.*${host}`), host);
    const after = await allKeys(voice, 'mycluster');
    t.is(after.get('etcd3/mycluster/bootstrap'), before.get('etcd3/mycluster/bootstrap'), 'nothing was written');
  },
);

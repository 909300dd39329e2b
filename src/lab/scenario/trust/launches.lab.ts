import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import { assertSound, assertWhole, CURL, labSpec, memberIds, output, relearn, statusLine } from '../lab-testing.ts';
import { assertOneDatabase, holds, rowsIn, runsNone, someoneSays, statuses, whileWriting } from './trust-testing.ts';

const { row } = rowsIn(async () => ({ text: labSpec({ etcd: '{version: 3.5.16, replaceDeadAfter: 10}' }) }));

const HOSTS = ['etcd-1', 'etcd-2', 'etcd-3'];
const pathsOf = (lab: Lab, host: string) => {
  const { root } = hostPaths(lab.layout, host);
  return {
    data: join(root, 'var/lib/etcd'),
    place: join(root, 'var/lib/quorumgate-etcd/place.json'),
    consul: join(root, 'var/lib/consul'),
    saved: join(root, 'saved'),
  };
};

/** The data directory of a host that is off is what it was between its launch and its first log. */
function backToLaunch(lab: Lab, host: string): void {
  const { data, saved } = pathsOf(lab, host);
  cpSync(data, saved, { recursive: true, preserveTimestamps: true });
  const file = join(data, 'quorumgate.json');
  const { list: _, ...identity } = JSON.parse(readFileSync(file, 'utf8')) as { list: unknown; nonce: string };
  writeFileSync(file, JSON.stringify(identity));
  rmSync(join(data, 'member'), { recursive: true });
  mkdirSync(join(data, 'member/wal'), { recursive: true });
  writeFileSync(join(data, 'member/wal/quorumgate-launch'), identity.nonce);
}

row(
  'data of before the first log, and a Consul that has lost all: the file outside it knows better',
  async (t, lab) => {
    const before = await memberIds(lab);
    await whileWriting(t, lab, async (writer) => {
      const { acknowledged } = writer.soFar();
      t.true(acknowledged.length > 0);
      await Promise.all(HOSTS.map((host) => lab.kill(host)));
      for (const host of HOSTS) {
        const { data, place, consul, saved } = pathsOf(lab, host);
        rmSync(consul, { recursive: true });
        if (host !== 'etcd-1') {
          backToLaunch(lab, host);
          continue;
        }
        renameSync(data, saved);
        rmSync(place);
      }
      await Promise.all(HOSTS.map((host) => lab.start(host)));
      await relearn(lab);
      const late = /was launched from here before|was launched here before/;
      for (const host of ['etcd-2', 'etcd-3'])
        t.regex(await someoneSays(lab, host, late, 90), late, await statuses(lab));
      await holds(20, async () => {
        t.true(await runsNone(lab, HOSTS), await statuses(lab));
      });
      // Their lost data comes back.
      await Promise.all(HOSTS.map((host) => lab.kill(host)));
      for (const host of HOSTS) {
        const { data, saved } = pathsOf(lab, host);
        rmSync(data, { recursive: true, force: true });
        renameSync(saved, data);
      }
      await Promise.all(HOSTS.map((host) => lab.start(host)));
      t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up', await statuses(lab));
    });
    t.deepEqual(await memberIds(lab), before);
    await assertOneDatabase(t, lab);
  },
);

row(
  'a disk of a member that was removed comes back on another filesystem: moved aside, then it joins',
  async (t, lab) => {
    const { data, place, saved } = pathsOf(lab, 'etcd-1');
    await output(lab, 'etcd-1', 'systemctl stop etcd');
    cpSync(data, saved, { recursive: true, preserveTimestamps: true });
    const keptPlace = readFileSync(place, 'utf8');
    await output(lab, 'etcd-1', 'rm -rf /var/lib/etcd/* && systemctl restart etcd-register-server');
    await output(lab, 'etcd-1', 'systemctl start etcd');
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up', await statuses(lab));
    await lab.kill('etcd-1');
    rmSync(data, { recursive: true });
    renameSync(saved, data);
    writeFileSync(place, keptPlace.replace(/"location":"[^"/]+/, '"location":"0123456789abcdef'));
    await lab.start('etcd-1');
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up', await statuses(lab));
    t.true(existsSync(data));
    t.regex(await output(lab, 'etcd-1', 'ls /var/lib/etcd'), /^member\.[0-9a-f]{16}$/m);
    await assertSound(t, lab);
    await assertWhole(t, lab);
  },
);

row('a host of the same name at another address, its disk empty, while all agents begin anew', async (t, lab) => {
  // Its former entry in Consul stays, and passes: its name is alive.
  await output(
    lab,
    'etcd-2',
    `${CURL} -X PUT -d '{"Node":"etcd-3","ID":"16712e4e-0000-4000-8000-000000000001","Address":"10.77.0.133","SkipNodeUpdate":false}' http://127.0.0.1:8500/v1/catalog/register`,
  );
  await lab.fault.wipe('etcd-3');
  t.is((await lab.wait({ timeoutSeconds: 240 })).outcome, 'up', await statuses(lab));
  const { stdout } = await lab.exec('etcd-1', ['curl', '-s', 'http://127.0.0.1:8500/v1/catalog/node/etcd-3']);
  t.regex(stdout, /"Address":"10\.77\.0\.103"/);
  t.notRegex(await statusLine(lab, 'etcd-3', 'etcd.service'), /maintenance/);
  await assertSound(t, lab);
});

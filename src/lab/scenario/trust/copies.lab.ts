import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import { assertHealed, labSpec, memberIds, output } from '../lab-testing.ts';
import { assertOneDatabase, holds, rowsIn, runsNone, someoneSays, whileWriting, wipeData } from './trust-testing.ts';

const { row } = rowsIn(async () => ({ text: labSpec({ etcd: '{version: 3.5.16, replaceDeadAfter: 10}' }) }));

/** The log of one host's member, and nothing that lies beside it, in the place of all that another one has. */
async function copyLog(lab: Lab, from: string, to: string): Promise<void> {
  const [source, target] = [from, to].map((host) => join(hostPaths(lab.layout, host).root, 'var/lib/etcd'));
  for (const host of [from, to]) await output(lab, host, 'systemctl stop etcd');
  await rm(join(target ?? '', 'quorumgate.json'));
  await rm(join(target ?? '', 'member'), { recursive: true });
  await cp(join(source ?? '', 'member'), join(target ?? '', 'member'), { recursive: true });
  await output(lab, to, 'chown -R etcd:etcd /var/lib/etcd');
  await output(lab, from, 'systemctl start etcd');
}

const REMEMBERED =
  /refusing: the log here is of member \w+ .*member \w+ was launched on this host: a copied directory\?/;
const UNKNOWN =
  /this host was https?:\/\/10\.77\.0\.102:2380 and is https?:\/\/10\.77\.0\.103:2380 now, .*a copied disk\?/;

for (const [title, forget, said] of [
  ['of a member itself', '', REMEMBERED],
  ['that nothing was launched on', 'rm /var/lib/quorumgate-etcd/place.json; ', UNKNOWN],
] as const) {
  row(`member/ of one host on another, ${title}, without its identity: no member runs twice`, async (t, lab) => {
    const before = await memberIds(lab);
    await whileWriting(t, lab, async () => {
      await copyLog(lab, 'etcd-2', 'etcd-3');
      await output(lab, 'etcd-3', `${forget}systemctl restart etcd-register-server; systemctl start --no-block etcd`);
      t.regex(await someoneSays(lab, 'etcd-3', said), said);
      if (forget) {
        // Nobody is left who says where its member is, but its log.
        await lab.kill('etcd-2');
        await holds(25, async () => {
          t.true(await runsNone(lab, ['etcd-3']), 'the member of etcd-2 runs on etcd-3, without a quorum');
        });
        await lab.start('etcd-2');
        t.regex(await someoneSays(lab, 'etcd-3', said, 120), said);
      }
      // Longer than after which somebody is dead, and than a gate waits.
      await holds(25, async () => {
        t.true(await runsNone(lab, ['etcd-3']), 'the member of etcd-2 runs on etcd-3 as well');
      });
      await wipeData(lab, 'etcd-3');
      await assertHealed(t, lab, before, ['etcd-3']);
    });
    await assertOneDatabase(t, lab);
  });
}

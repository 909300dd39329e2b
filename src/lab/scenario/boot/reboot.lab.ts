import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import { assertSound, assertWhole, eventually, inLab, labTest, output } from '../lab-testing.ts';

/** Logs, the programs' own data, and what systemd names anew at each boot. */
const ELSEWHERE = /^\/(run|var\/log|var\/lib\/(consul|etcd)|var\/tmp)(\/|$)/;
/** Lines that cloud-init (22.4.2, 25.1.4) rewrites at each boot: when it was, and a MIME boundary made up anew. */
const REWRITTEN = /^\/var\/lib\/cloud\/(data\/status\.json|instances\/[^/]+\/(boot-finished|obj\.pkl|.*\.txt\.i))$/;
/** Where cloud-init writes the same bytes again. Semaphores are none of that: they say when a module ran. */
const TOUCHED = /^\/var\/lib\/cloud(\/(?!sem\/|instances\/[^/]+\/sem\/)|$)/;

function content(path: string, stat: Stats): string {
  if (stat.isSymbolicLink()) return readlinkSync(path);
  return stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}

/** Paths that a host has written over its image: type, mode, owner, bytes and time of every path. */
function written(root: string, path = ''): [string, string][] {
  return readdirSync(join(root, path)).flatMap((name) => {
    const inside = `${path}/${name}`;
    const stat = lstatSync(join(root, inside));
    if (ELSEWHERE.test(inside)) return [];
    const known = [stat.mode.toString(8), stat.uid, stat.gid];
    if (!REWRITTEN.test(inside)) known.push(content(join(root, inside), stat));
    if (!(REWRITTEN.test(inside) || TOUCHED.test(inside))) known.push(stat.mtimeMs);
    const below = stat.isDirectory() ? written(root, inside) : [];
    return [[inside, known.join(' ')] as [string, string], ...below];
  });
}

/** Until cloud-init has come to its end too: the cluster does not wait for that. */
async function ended(lab: Lab, name: string): Promise<void> {
  const status = () => output(lab, name, 'cloud-init status');
  await eventually(status, (text) => /^status: (done|error)/.test(text), 60);
}

for (const image of ['bookworm', 'trixie'] as const) {
  labTest(`a second boot changes nothing, by NoCloud and by IMDSv2, on ${image}`, async (t) => {
    t.timeout(900_000);
    await inLab({ targets: ['aws', 'ec2'], image }, async (lab) => {
      const trees = () =>
        new Map(lab.hosts.map(({ name }) => [name, new Map(written(hostPaths(lab.layout, name).upper))]));
      for (const { name } of lab.hosts) await ended(lab, name);
      await assertSound(t, lab);
      const members = await assertWhole(t, lab);
      for (const { name } of lab.hosts) await lab.kill(name);
      const before = trees();
      t.true((before.get('etcd-1')?.size ?? 0) > 100);
      for (const name of lab.hosts.map((host) => host.name)) await lab.fault.reboot(name);
      t.is((await lab.wait({ timeoutSeconds: 240 })).outcome, 'up');
      for (const { name } of lab.hosts) await ended(lab, name);
      await assertSound(t, lab);
      t.deepEqual(await assertWhole(t, lab), members, 'the same members');
      for (const { name } of lab.hosts) await lab.kill(name);
      t.deepEqual(trees(), before);
    });
  });
}

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { lostWrites } from '../../chaos/check.ts';
import { consulFlaws } from '../../chaos/consul-health.ts';
import { startWriter } from '../../chaos/writer.ts';
import { makeDisk, removeDisk } from '../../cluster/lab-steps.ts';
import { filesFrom, readSeeds, upload, writeSeeds } from '../../cluster/seeds.ts';
import { bootableFrom } from '../../compile/compile-for-lab.ts';
import { type HostFile, put } from '../../host/host.ts';
import { type Bootable, boot, type Lab, LabError } from '../../lab.ts';
import { type Finished, run } from '../../machine/command.ts';
import { hostPaths } from '../../machine/layout.ts';
import {
  assertSound,
  eventually,
  inLab,
  labSpec,
  labTest,
  memberIds,
  output,
  type TestLabOptions,
} from '../lab-testing.ts';
import { type Earlier, makeEarlier, withoutEarlier } from './earlier.ts';

const missing = withoutEarlier();
if (missing !== undefined) console.error(`tests of clusters that began earlier are left out: ${missing}`);

// The lab of then knows neither, and etcd goes from 3.5 to 3.7 by way of 3.6 alone.
for (const name of ['QUORUMGATE_LAB_ETCD', 'QUORUMGATE_LAB_CONSUL']) Reflect.deleteProperty(process.env, name);

/** A test that boots hosts from earlier bytes too; not where these cannot be had. */
export const mixedTest = missing === undefined ? labTest : test.serial.skip;

export const members = ['etcd-1', 'etcd-2', 'etcd-3'];

const etcd = '{version: 3.5.16, replaceDeadAfter: 10}';
/** Consul beside the members: there is no waiting for its own quorum between two steps. */
const consul = '{servers: role, count: 1, join: [10.77.0.11]}';
/** A spec for both, as it was then and as it is now. In plain: what was then knows no `secrets`. */
export const specs = (changes: Record<string, string> = {}) => ({
  text: labSpec({ tls: 'off', consul, etcd, programs: '{}', ...changes }),
  textNow: labSpec({ tls: 'off', consul, etcd, ...changes }),
});

let earlier: Promise<Earlier> | undefined;

/** Built once for a file of tests; `forgetEarlier` takes it away. */
function theEarlier(): Promise<Earlier> {
  earlier ??= makeEarlier();
  return earlier;
}

export async function forgetEarlier(): Promise<void> {
  await (await earlier)?.remove();
}

export interface Mixed {
  lab: Lab;
  /** The files that the spec compiled to then, and those that it compiles to now. */
  old: Bootable;
  now: Bootable;
  earlier: Earlier;
}

export interface MixedOptions extends TestLabOptions {
  /** The spec of now. */
  textNow: string;
  /** Hosts that find the bytes of now when they first boot. */
  newHosts?: string[];
  /** Whether to wait until all are up; default: yes. */
  wait?: boolean;
}

/** Boots hosts from earlier bytes, uses them together with the bytes of now, and leaves nothing behind. */
export async function inMixedLab(options: MixedOptions, use: (mixed: Mixed) => Promise<void>): Promise<void> {
  const { textNow, newHosts = [], wait = true, ...rest } = options;
  const before = await theEarlier();
  let bytes: Pick<Mixed, 'old' | 'now'> | undefined;
  await inLab(
    rest,
    async (lab) => {
      if (bytes !== undefined) await use({ lab, earlier: before, ...bytes });
    },
    async (all) => {
      const old = await before.bootable(all);
      const now = await bootableFrom({ ...all, text: textNow });
      bytes = { old, now };
      const { hostFiles = () => [] } = all;
      const lab = await boot(old.files, old.spec, {
        ...all,
        hostFiles: (host) => [...(newHosts.includes(host.name) ? bytesFor(now, host.name) : []), ...hostFiles(host)],
      });
      // Where they do not fit: hosts ask for the rest of them a while after they have begun to boot.
      await upload(lab.layout, { compiled: compiled(now), own: new Map() });
      if (!wait) return lab;
      const { outcome, seen } = await lab.wait({ timeoutSeconds: 180 });
      if (outcome === 'up') return lab;
      await lab.down();
      const where = seen.filter(({ up }) => !up).map(({ host, step, status }) => `${host.name}: ${step} ${status}`);
      throw new LabError(`the hosts are not up: ${where.join('; ')}`, 'Look at their journals.');
    },
  );
}

const compiled = ({ files }: Bootable) => new Map(files.map(({ path, bytes }) => [path, bytes]));

/** Files that a member of this name finds before it boots. */
function bytesFor(bytes: Bootable, name: string): HostFile[] {
  return filesFrom({ compiled: compiled(bytes), own: new Map() }, { name, role: 'etcd', target: 'aws' });
}

/** Hosts with empty disks find these bytes from now on: a launch template that was changed. */
export async function serve({ layout }: Lab, bytes: Bootable): Promise<void> {
  await writeSeeds(layout, { ...readSeeds(layout), compiled: compiled(bytes) });
}

/** A machine with other user-data, which its cloud-init reads as if for the first time; all its disks are kept. */
export async function giveInPlace(lab: Lab, name: string, bytes: Bootable): Promise<void> {
  await clean(lab, name);
  await lab.kill(name);
  write(lab, name, bytes);
  await lab.start(name);
}

/** A machine's cloud-init forgets that it has read its user-data. */
export async function clean(lab: Lab, name: string): Promise<void> {
  const { exitCode, stderr } = await lab.exec(name, ['cloud-init', 'clean']);
  if (exitCode !== 0) throw new Error(`cloud-init clean: ${stderr}`);
}

/** Puts other user-data before a machine that is off. */
export function write({ layout }: Lab, name: string, bytes: Bootable): void {
  for (const file of bytesFor(bytes, name)) put(hostPaths(layout, name).root, file);
}

/** Another machine with these bytes, at the same address and under the same name, gets the volume of etcd's data. */
export async function moveVolume(lab: Lab, name: string, bytes: Bootable): Promise<void> {
  const { layout, state } = lab;
  const volume = () => join(hostPaths(layout, name).root, 'var/lib/etcd');
  const aside = join(layout.directory, `volume-${name}`);
  await lab.kill(name);
  await run('cp', ['-a', volume(), aside]);
  await removeDisk(layout, lab.host(name));
  await makeDisk(layout, state, lab.host(name), { compiled: compiled(bytes), own: readSeeds(layout).own });
  await run('rm', ['-rf', volume()]);
  await run('cp', ['-a', aside, volume()]);
  await rename(aside, `${aside}.done`);
  await lab.start(name);
}

/** The command as it was then, run by an operator who reaches Consul through a host; `SPEC` and `SNAPSHOT` become files. */
export async function operateEarlier(
  { lab, earlier: { cli } }: Mixed,
  through: string,
  args: string[],
  snapshot: Uint8Array = new Uint8Array(),
): Promise<Finished> {
  const folder = await mkdtemp(join(tmpdir(), 'quorumgate-operator-'));
  try {
    const files: Record<string, string> = { SPEC: join(folder, 'cluster.yaml'), SNAPSHOT: join(folder, 'snapshot.db') };
    await writeFile(files['SPEC'] ?? '', specs().text);
    await writeFile(files['SNAPSHOT'] ?? '', snapshot);
    return await lab.net(through, [process.execPath, cli, ...args.map((arg) => files[arg] ?? arg)]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Everybody is up, in the cluster of this ID, and Consul's servers bear the next loss. */
export async function assertUp(t: ExecutionContext, lab: Lab, cluster: string, after: string): Promise<void> {
  const { outcome, seen } = await lab.wait({ timeoutSeconds: 150 });
  const down = seen.filter(({ up }) => !up).map(({ host, step, status }) => `${host.name}: ${step} ${status}`);
  t.is(outcome, 'up', `${after}: ${down.join('; ')}`);
  await assertSound(t, lab);
  const { predicted, actual } = await lab.cluster();
  t.deepEqual([predicted, ...actual], [cluster, cluster], after);
  const flaws = await eventually(
    () => consulFlaws(lab),
    (all) => all.length === 0,
    90,
  );
  t.deepEqual(flaws, [], after);
}

/** Everything that Consul has under a cluster's prefix, by what follows it. */
async function keysOf(lab: Lab, through = lab.hosts[0]?.name ?? ''): Promise<Map<string, string>> {
  const prefix = `etcd3/${lab.state.cluster.name}/`;
  const { stdout } = await lab.exec(through, ['curl', '-sf', `127.0.0.1:8500/v1/kv/${prefix}?recurse`]);
  const entries = JSON.parse(stdout || '[]') as { Key: string; Value: string | null }[];
  const decode = (value: string | null) => Buffer.from(value ?? '', 'base64').toString('utf8');
  return new Map(entries.map(({ Key, Value }) => [Key.slice(prefix.length), decode(Value)]));
}

/** A client that writes beside what happens; afterwards every acknowledged write is on every member. */
export async function besideWriter(t: ExecutionContext, lab: Lab, happens: () => Promise<void>): Promise<void> {
  const writer = startWriter(lab, 'mixed/');
  try {
    await happens();
  } finally {
    const written = await writer.stop();
    t.log(`${written.acknowledged.length} writes acknowledged, longest gap ${written.longestGap.toFixed(1)} s`);
    t.true(written.acknowledged.length > 0);
    t.deepEqual(await lostWrites(lab, written), []);
  }
}

/** Whether a host runs the sidekicks of now: they alone keep the place of a launch outside etcd's directory. */
export async function isNew(lab: Lab, name: string): Promise<boolean> {
  return (await output(lab, name, 'grep -c quorumgate-etcd /opt/quorumgate/bin/etcd-sidekick')) !== '0';
}

/** Keys that the members of a cluster keep in Consul; `birth` is the record as it was written, at birth or by a reset. */
export async function assertKeys(t: ExecutionContext, lab: Lab, birth: string): Promise<void> {
  const { cluster_id: cluster, lineage = cluster } = JSON.parse(birth) as { cluster_id: string; lineage?: string };
  const ids = [...(await memberIds(lab)).values()].sort();
  const whole = (keys: Map<string, string>) => {
    const launches = ids.map((id) => keys.get(`lineage/${lineage}/launch/${id}`) ?? '{}');
    const list = JSON.parse(keys.get(`lineage/${lineage}/members`) ?? '{}') as List;
    return {
      bootstrap: keys.get('bootstrap'),
      record: keys.get(`lineage/${lineage}/record`),
      launched: launches.map((text) => (JSON.parse(text) as { log?: boolean }).log),
      list: { ...list, members: list.members?.map(({ id }) => id) },
      lineages: new Set([...keys.keys()].flatMap((key) => /^lineage\/([^/]+)/.exec(key)?.[1] ?? [])),
    };
  };
  const wanted = {
    bootstrap: birth,
    record: birth,
    launched: ids.map(() => true),
    list: { cluster_id: cluster, members: ids, size: ids.length },
    lineages: new Set([lineage]),
  };
  const seen = await eventually(
    async () => whole(await keysOf(lab)),
    (keys) => JSON.stringify(keys) === JSON.stringify(wanted),
    75,
  );
  t.deepEqual(seen, wanted);
}

interface List {
  members?: { id: string }[];
  size?: number;
  cluster_id?: string;
}

export async function birthOf(lab: Lab): Promise<{ cluster: string; birth: string }> {
  const birth = (await keysOf(lab)).get('bootstrap') ?? '{}';
  return { cluster: (JSON.parse(birth) as { cluster_id: string }).cluster_id, birth };
}

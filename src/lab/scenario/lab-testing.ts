import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { dump, load } from 'js-yaml';
import { loadAssets } from '../../io/assets.ts';
import { ETCD } from '../attack/disk-attacks.ts';
import { consulFlaws } from '../chaos/consul-health.ts';
import type { BesideOptions } from '../cluster/beside.ts';
import { labOperatorKey } from '../compile/operator-key.ts';
import { type Lab, teach, type UpOptions, up, type WaitOptions } from '../lab.ts';
import type { Finished } from '../machine/command.ts';
import { ownName, slowest } from '../target/targets.ts';
import { assertNoSecretShows, besideIn, operatorEnvironment, securedOptions, securing } from './secured-testing.ts';

const canBoot =
  process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;

/** A test that boots hosts: one at a time, and not where none can be booted. */
export const labTest = canBoot ? test.serial : test.serial.skip;

/** The built command line. */
export const PROGRAM = fileURLToPath(new URL('../../../dist/cli/index.mjs', import.meta.url));

/**
 * A spec for the lab as a user would write it, with changes. All is secured, by files that the lab makes, unless the changes have `secrets`
 * or `tls` themselves: `secrets: 'off'` is a scenario in plain.
 */
export function labSpec(changes: Record<string, string> = {}): string {
  const consul = changes['consul'] ?? '{servers: members, join: [10.77.0.101, 10.77.0.102, 10.77.0.103]}';
  const isSaid = 'secrets' in changes || 'tls' in changes;
  const keys: Record<string, string> = {
    version: '1',
    cluster: '{name: mycluster, size: 3}',
    targets: '[aws]',
    address: '{cidr: 10.77.0.0/24}',
    etcd: '{version: 3.5.16}',
    // There is no room for them in EC2's user-data.
    programs: '{sidekick: {url: "https://artifacts.example.com/etcd-sidekick.cjs"}}',
    ...changes,
    ...(isSaid ? { consul } : securing(consul)),
  };
  return Object.entries(keys)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

export function example(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url)), 'utf8');
}

export type TestLabOptions = Partial<UpOptions & WaitOptions> & {
  /** The test brings what secures its hosts. */
  ownSecrets?: boolean;
};

/** Options that `up` and `start` need, in a state directory of its own. */
export async function labOptions(
  options: TestLabOptions,
): Promise<UpOptions & WaitOptions & { directory: string; ownSecrets?: boolean }> {
  const directory = mkdtempSync(join(process.env.QUORUMGATE_TEST_ROOT ?? '/var/lib', 'quorumgate-test-'));
  return { text: labSpec(), file: 'test.yaml', assets: await loadAssets(), ...options, directory };
}

/** Boots a lab, by default until it is one cluster, uses it, and leaves nothing behind. */
export async function inLab(
  options: TestLabOptions,
  use: (lab: Lab) => Promise<void>,
  bring: (all: Awaited<ReturnType<typeof labOptions>>) => Promise<Lab> = up,
): Promise<void> {
  const { lab, end } = await begin(options, bring);
  try {
    await use(lab);
    await assertNoSecretShows(lab);
  } finally {
    await end();
  }
}

/** Boots a lab; `end` leaves nothing behind. */
export async function begin(
  options: TestLabOptions,
  bring: (all: Awaited<ReturnType<typeof labOptions>>) => Promise<Lab> = up,
): Promise<{ lab: Lab; end: () => Promise<void> }> {
  const own = await labOptions(options);
  const clear = () => rmSync(own.directory, { recursive: true, force: true });
  try {
    const { options: all, end: unlearn } = await securedOptions(own, PROGRAM);
    try {
      const lab = await bring(all);
      const end = async () => {
        await unlearn();
        await lab.down();
        clear();
      };
      return { lab, end };
    } catch (error) {
      await unlearn();
      throw error;
    }
  } catch (error) {
    clear();
    throw error;
  }
}

/** Consul has lost its data: its operator has it learn the tokens again. */
export const relearn = (lab: Lab): Promise<void> => teach(lab, lab.layout, { self: [PROGRAM] });

/** Boots another cluster in a lab that runs, on the Consul of the first. */
export const bootBeside = (lab: Lab, options: BesideOptions): Promise<Lab> => besideIn(lab, options, PROGRAM);

/** curl on a host, with the token of its sidekicks where Consul wants one. */
export const CURL = 'curl -s -H "X-Consul-Token: $(cat /run/quorumgate/token 2>/dev/null)"';

/** One cluster, the predicted one; nothing failed on any host; cloud-init is content. */
export async function assertSound(t: ExecutionContext, lab: Lab): Promise<void> {
  const view = await eventually(
    () => lab.cluster(),
    ({ one }) => one,
    PATIENCE * slowest(lab.hosts),
  );
  t.true(view.one, JSON.stringify(view));
  t.deepEqual(view.actual, [view.predicted]);
  t.is(view.rows.length, lab.state.cluster.size);
  for (const { host, failed, cloudInit } of await lab.facts()) {
    t.deepEqual(failed, [], host);
    if (cloudInit === undefined) continue;
    t.is(cloudInit.status, 'done', host);
    t.deepEqual(cloudInit.errors, [], host);
    t.deepEqual(cloudInit.recoverable, {}, host);
  }
}

/** Seconds until a host in a namespace has to be as it should. */
const PATIENCE = 120;

/** Looks until it is as wanted, or the time is over; the last look either way. */
export async function eventually<T>(
  look: () => Promise<T>,
  wanted: (seen: T) => boolean,
  seconds = PATIENCE,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (wanted(seen) || performance.now() > end) return seen;
    await sleep(200);
  }
}

/** The output of a command inside a host, both streams, whatever its exit code. */
export async function output(lab: Lab, host: string, command: string): Promise<string> {
  return (await lab.exec(host, ['sh', '-c', `exec 2>&1; ${command}`])).stdout.trim();
}

/** The processes of etcd inside a host, a line each; none: it does not run. */
export const etcdOf = (lab: Lab, host: string): Promise<string> => output(lab, host, `pgrep -f '${ETCD}'`);

/** The status line of a unit: what it says it waits for. */
export function statusLine(lab: Lab, host: string, unit: string): Promise<string> {
  return output(lab, host, `systemctl show -P StatusText ${unit}`);
}

/** Consul's servers on hosts of their own: they outlive what is done to members. */
export const serverRole = '{servers: role, count: 3, join: [10.77.0.11, 10.77.0.12, 10.77.0.13]}';

/** Waits until a host's gate says this. */
export function says(lab: Lab, host: string, text: RegExp, unit = 'etcd.service'): Promise<string> {
  return eventually(
    () => statusLine(lab, host, unit).catch(() => ''),
    (line) => text.test(line),
    180,
  );
}

/** The member ID of each host. */
export async function memberIds(lab: Lab): Promise<Map<string, string>> {
  const { rows } = await lab.cluster();
  return new Map(rows.map(({ host, memberId }) => [host, memberId]));
}

/** As many members as the cluster is to have, all started and voting: nothing is left of those that were before. */
export async function assertWhole(t: ExecutionContext, lab: Lab): Promise<Map<string, string>> {
  const members = lab.hosts.filter(({ role }) => role === 'etcd');
  const { stdout } = await lab.etcdctl(members[0]?.name ?? '', ['member', 'list']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(', '));
  t.is(rows.length, lab.state.cluster.size, stdout);
  t.deepEqual(rows.map(([, , name]) => name).sort(), members.map(ownName).sort());
  for (const [, state, , , , learner] of rows) t.deepEqual([state, learner], ['started', 'false'], stdout);
  return memberIds(lab);
}

/** Everybody is up, with new members for these new disks and the old ones for the others. */
export async function assertHealed(t: ExecutionContext, lab: Lab, before: Map<string, string>, fresh: string[]) {
  const { outcome, seen } = await lab.wait({ timeoutSeconds: 150 });
  t.is(outcome, 'up', JSON.stringify(seen.filter(({ up }) => !up)));
  await assertSound(t, lab);
  t.deepEqual(
    await eventually(
      () => consulFlaws(lab),
      (flaws) => flaws.length === 0,
      90,
    ),
    [],
  );
  const after = await assertWhole(t, lab);
  const former = new Set(before.values());
  for (const [host, id] of after) {
    if (fresh.includes(host)) t.false(former.has(id), `${host} has the member ID of a disk that is gone`);
    else t.is(id, before.get(host) ?? '', `${host} kept its disk`);
  }
}

/** A spec that names the key of this lab, as what its hosts were booted with does. */
function withLabKey(lab: Lab, spec: string): string {
  const value = load(spec) as { cluster: object };
  return dump({ ...value, cluster: { ...value.cluster, operatorKeys: [labOperatorKey(lab.layout)] } });
}

/** A reset or restore is signed with the lab's key, unless something else is said of it. */
function withKey(lab: Lab, args: string[]): string[] {
  const isSaid = ['--key', '--plan', '--apply'].some((flag) => args.includes(flag));
  return ['reset', 'restore'].includes(args[0] ?? '') && !isSaid ? [...args, '--key', lab.layout.operatorKey] : args;
}

/**
 * `quorumgate` as an operator runs it who reaches Consul through a host. `SPEC` and `SNAPSHOT` in the arguments become
 * files of this content, `KEY` is the lab's own key; `reset` and `restore` are signed with it.
 */
export async function operate(
  lab: Lab,
  through: string,
  spec: string,
  args: string[],
  snapshot?: Uint8Array,
  env?: Record<string, string>,
): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-operator-'));
  try {
    const files = {
      SPEC: join(folder, 'cluster.yaml'),
      SNAPSHOT: join(folder, 'snapshot.db'),
      KEY: lab.layout.operatorKey,
    };
    writeFileSync(files.SPEC, withLabKey(lab, spec));
    if (snapshot !== undefined) writeFileSync(files.SNAPSHOT, snapshot);
    const named = withKey(lab, args).map((arg) => files[arg as keyof typeof files] ?? arg);
    const all = { ...operatorEnvironment(lab, through), ...env };
    return await lab.net(through, [process.execPath, PROGRAM, ...named], { env: all });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

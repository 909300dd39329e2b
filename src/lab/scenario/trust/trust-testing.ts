import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { lostWrites } from '../../chaos/check.ts';
import { startWriter, type Writer } from '../../chaos/writer.ts';
import type { Lab } from '../../lab.ts';
import { begin, etcdOf, eventually, labTest, output, statusLine, type TestLabOptions } from '../lab-testing.ts';
import { assertNoSecretShows } from '../secured-testing.ts';

export const members = ['etcd-1', 'etcd-2', 'etcd-3'];

/** A lab that a row leaves as it was can be used by the next one: it is booted anew only where that does not hold. */
export interface Rows {
  row(title: string, use: (t: ExecutionContext, lab: Lab) => Promise<void>): void;
}

/** Tests that share one lab, as long as each leaves it one healthy cluster; `prepare` runs after each boot. */
export function rowsIn(options: () => Promise<TestLabOptions>, prepare?: (lab: Lab) => Promise<void>): Rows {
  let here: { lab: Lab; end: () => Promise<void> } | undefined;
  const end = async () => {
    const ending = here;
    here = undefined;
    await ending?.end();
  };
  const boot = async () => {
    here = await begin(await options());
    await prepare?.(here.lab);
    return here.lab;
  };
  test.after.always(end);
  return {
    row: (title, use) =>
      labTest(title, async (t) => {
        t.timeout(600_000);
        const lab = here?.lab ?? (await boot());
        try {
          await use(t, lab);
          await assertNoSecretShows(lab);
        } catch (error) {
          await end();
          throw error;
        }
        if (!(await isSound(lab))) await end();
      }),
  };
}

/** Every host is a healthy member of one cluster, whatever Consul says of it. */
async function isSound(lab: Lab): Promise<boolean> {
  const { rows, actual } = await lab.cluster();
  return actual.length === 1 && rows.length === lab.state.cluster.size && rows.every(({ healthy }) => healthy);
}

/** A client that writes meanwhile, and what has to be there of it in the end. */
export async function whileWriting(t: ExecutionContext, lab: Lab, use: (writer: Writer) => Promise<void>) {
  const writer = startWriter(lab, `trust/${Math.round(performance.now())}/`);
  await eventually(
    async () => writer.soFar().acknowledged.length,
    (count) => count > 5,
  );
  try {
    await use(writer);
  } finally {
    await writer.stop();
  }
  const written = await writer.stop();
  t.log(`${written.acknowledged.length} writes, the longest gap ${written.longestGap.toFixed(1)} s`);
  t.true(written.acknowledged.length > 0);
  t.deepEqual(await lostWrites(lab, written), []);
}

/** Every member serves, as it was before: the same IDs, the same cluster. */
export async function assertServing(t: ExecutionContext, lab: Lab, before: Map<string, string>, seconds = 60) {
  const look = async () => {
    const { rows } = await lab.cluster();
    return rows.map(({ host, memberId, healthy, clusterId }) => ({ host, memberId, healthy, clusterId }));
  };
  const seen = await eventually(look, (rows) => rows.every(({ healthy }) => healthy), seconds);
  t.deepEqual(
    seen.filter(({ healthy }) => !healthy),
    [],
    await statuses(lab),
  );
  t.is(new Set(seen.map(({ clusterId }) => clusterId)).size, 1, 'one cluster');
  t.deepEqual(new Map(seen.map(({ host, memberId }) => [host, memberId])), before);
}

/** The status of each host, for a message. */
export async function statuses(lab: Lab): Promise<string> {
  const lines = lab.hosts.map(async ({ name }) => {
    const said = await Promise.all(['etcd', 'etcd-register-client'].map((unit) => statusLine(lab, name, unit)));
    return `${name}: ${said.join(' | ')}`;
  });
  return (await Promise.allSettled(lines)).map((one) => (one.status === 'fulfilled' ? one.value : 'off')).join('\n');
}

/** Waits until one of a host's units says it; what all have said last. */
export function someoneSays(lab: Lab, host: string, text: RegExp, seconds = 60): Promise<string> {
  const units = 'etcd etcd-register-client etcd-record etcd-register-server';
  return eventually(
    () => output(lab, host, `for u in ${units}; do systemctl show -P StatusText $u.service; done`).catch(() => ''),
    (lines) => text.test(lines),
    seconds,
  );
}

/** It holds at every look for so many seconds. */
export async function holds(seconds: number, assert: () => Promise<void>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await assert();
    await sleep(500);
  }
}

/** The number of etcd's process on each host; none: it does not run. */
export async function processes(lab: Lab): Promise<Map<string, string>> {
  const hosts = lab.hosts.filter(({ role }) => role === 'etcd');
  const found = hosts.map(async ({ name }) => [name, await etcdOf(lab, name)] as const);
  return new Map(await Promise.all(found));
}

/** Revision and hash of all keys, by each member; equal in a healthy cluster that nobody writes to. */
function hashes(lab: Lab): Promise<string[]> {
  const each = lab.hosts
    .filter(({ role }) => role === 'etcd')
    .map(async ({ name }) => {
      const { stdout } = await lab.etcdctl(name, ['endpoint', 'hashkv', '-w', 'json']);
      const [found] = JSON.parse(stdout) as { HashKV: { header: { revision: number }; hash: number } }[];
      return `${found?.HashKV.header.revision} ${found?.HashKV.hash}`;
    });
  return Promise.all(each);
}

export async function assertOneDatabase(t: ExecutionContext, lab: Lab): Promise<void> {
  const seen = await eventually(
    () => hashes(lab),
    (all) => new Set(all).size === 1,
    10,
  );
  t.is(new Set(seen).size, 1, `databases differ: ${seen.join(', ')}`);
}

/** Nothing lies beside etcd's data: none was moved aside. */
export async function assertUntouched(t: ExecutionContext, lab: Lab, hosts = members): Promise<void> {
  for (const host of hosts) {
    const seen = await output(lab, host, 'ls -A /var/lib/etcd');
    t.notRegex(seen, /^member\./m, `${host}: ${seen}`);
    t.regex(seen, /^member$/m, host);
  }
}

/** etcd runs on none of these hosts. */
export async function runsNone(lab: Lab, hosts: readonly string[]): Promise<boolean> {
  const found = await Promise.all(hosts.map((host) => etcdOf(lab, host).catch(() => '')));
  return found.every((pid) => pid === '');
}

/** This moment in a host's journal. */
async function cursor(lab: Lab, host: string): Promise<string> {
  return /cursor: (.*)/.exec(await output(lab, host, 'journalctl -n 0 --show-cursor'))?.[1] ?? '';
}

/** Lines that the sidekicks and systemd, not etcd itself, have written in the units of etcd since the host's boot, or since a moment. */
export function journal(lab: Lab, host: string, since?: string): Promise<string> {
  const units = '-u etcd -u etcd-register-client -u etcd-record';
  const after = since === undefined ? '' : `--after-cursor='${since}'`;
  return output(lab, host, `journalctl -b -o cat --no-pager ${after} ${units} | grep -v '^{'`).catch(() => '');
}

/** Each member looks at Consul's record now, as it does each minute. */
export async function recheck(lab: Lab): Promise<void> {
  const names = lab.hosts.filter(({ role }) => role === 'etcd').map(({ name }) => name);
  await Promise.all(names.map((name) => output(lab, name, 'systemctl start --no-block etcd-record').catch(() => '')));
}

/** etcd's directory is emptied, and the host says so. */
export function wipeData(lab: Lab, host: string): Promise<string> {
  const steps = [
    'systemctl stop etcd',
    'rm -rf /var/lib/etcd/*',
    'systemctl restart etcd-register-server',
    'systemctl start --no-block etcd',
  ];
  return output(lab, host, steps.join('; '));
}

const starting = /etcd has its data here: starting/;

/** The restarted etcd of a host starts with its data, at once. */
export async function assertRestarts(t: ExecutionContext, lab: Lab, host: string): Promise<void> {
  const since = await cursor(lab, host);
  await output(lab, host, 'systemctl restart --no-block etcd');
  const decided = (text: string) => starting.test(text) || /refusing|aside/.test(text);
  const said = await eventually(() => journal(lab, host, since), decided, 20);
  t.notRegex(said, /refusing|aside/, host);
  t.regex(said, starting, host);
}

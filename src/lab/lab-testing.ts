import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { loadAssets } from '../io/assets.ts';
import type { Lab } from './handle.ts';
import { type UpOptions, up, type WaitOptions } from './lab.ts';

const canBoot =
  process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;

/** A test that boots hosts: one at a time, and not where none can be booted. */
export const labTest = canBoot ? test.serial : test.serial.skip;

/** A spec for the lab as a user would write it, with changes. */
export function labSpec(changes: Record<string, string> = {}): string {
  const keys = {
    version: '1',
    cluster: '{name: mycluster, size: 3}',
    targets: '[aws]',
    address: '{cidr: 10.77.0.0/24}',
    consul: '{servers: members, join: [10.77.0.101, 10.77.0.102, 10.77.0.103]}',
    etcd: '{version: 3.5.16}',
    tls: 'off',
    ...changes,
  };
  return Object.entries(keys)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

export function example(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), 'utf8');
}

export type TestLabOptions = Partial<UpOptions & WaitOptions>;

/** What `up` and `start` need, in a state directory of its own. */
export async function labOptions(options: TestLabOptions): Promise<UpOptions & WaitOptions & { directory: string }> {
  const directory = mkdtempSync(join(process.env.QUORUMGATE_TEST_ROOT ?? '/var/lib', 'quorumgate-test-'));
  return { text: labSpec(), file: 'test.yaml', assets: await loadAssets(), ...options, directory };
}

/** Boots a lab, by default until it is one cluster, uses it, and leaves nothing behind. */
export async function inLab(
  options: TestLabOptions,
  use: (lab: Lab) => Promise<void>,
  bring: (all: Awaited<ReturnType<typeof labOptions>>) => Promise<Lab> = up,
): Promise<void> {
  const all = await labOptions(options);
  try {
    const lab = await bring(all);
    try {
      await use(lab);
    } finally {
      await lab.down();
    }
  } finally {
    rmSync(all.directory, { recursive: true, force: true });
  }
}

/** One cluster, the predicted one; nothing failed on any host; cloud-init is content. */
export async function assertSound(t: ExecutionContext, lab: Lab): Promise<void> {
  const view = await eventually(
    () => lab.cluster(),
    ({ one }) => one,
  );
  t.true(view.one, JSON.stringify(view));
  t.deepEqual(view.actual, [view.predicted]);
  t.is(view.rows.length, lab.state.cluster.size);
  for (const { host, failed, cloudInit } of await lab.facts()) {
    t.deepEqual(failed, [], host);
    t.is(cloudInit.status, 'done', host);
    t.deepEqual(cloudInit.errors, [], host);
    t.deepEqual(cloudInit.recoverable, {}, host);
  }
}

/** Looks until it is as wanted, or the time is over; the last look either way. */
export async function eventually<T>(look: () => Promise<T>, wanted: (seen: T) => boolean, seconds = 30): Promise<T> {
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

/** The status line of a unit: what it says it waits for. */
export function statusLine(lab: Lab, host: string, unit: string): Promise<string> {
  return output(lab, host, `systemctl show -P StatusText ${unit}`);
}

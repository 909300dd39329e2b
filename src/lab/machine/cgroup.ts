import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './lab-error.ts';

/*
 * Every process of a lab lives in a cgroup of the lab, each host in one of its own. Two reasons: without that, all
 * hosts' systemds would share one tree, and one that kills its `etcd.service` kills everybody's; and membership, unlike
 * a number in a file, tells for certain which processes are the lab's.
 */

/** Where process trees are kept: one place with cgroup v2, two with the older hybrid set-up. */
function roots(): string[] {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return ['/sys/fs/cgroup'];
  return ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'].filter(existsSync);
}

/** Those and the controllers' own trees, where a container engine of the lab's makes cgroups besides. */
function everyRoot(): string[] {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return roots();
  const names = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name));
  return names.filter((root) => existsSync(join(root, 'cgroup.procs')));
}

/** Makes the cgroup `path`. */
export async function makeCgroup(path: string): Promise<void> {
  for (const root of roots()) await mkdir(join(root, path), { recursive: true });
}

/** The files that take a process into the cgroup `path`. */
export function cgroupFiles(path: string): string[] {
  return roots().map((root) => join(root, path, 'cgroup.procs'));
}

function subtree(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => subtree(join(directory, entry.name))), directory];
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** Processes in the cgroup `path` and below. */
export function processesIn(path: string): number[] {
  const lines = roots()
    .flatMap((root) => subtree(join(root, path)))
    .flatMap((directory) => quietly(() => readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n')) ?? []);
  return [...new Set(lines.filter(Boolean).map(Number))].filter((pid) => pid > 0);
}

/** Stops the clock of all processes in the cgroup `path`, or lets it go on. */
export async function freezeCgroup(path: string, frozen: boolean): Promise<void> {
  const root = roots().find((candidate) => existsSync(join(candidate, path, 'cgroup.freeze')));
  if (root === undefined) {
    throw new LabError(`there is no freezer for ${path}`, 'It needs a running host and a kernel with cgroup v2.');
  }
  writeFileSync(join(root, path, 'cgroup.freeze'), frozen ? '1' : '0');
  const wanted = `frozen ${frozen ? 1 : 0}`;
  for (let tries = 0; tries < 100; tries++) {
    if (
      readFileSync(join(root, path, 'cgroup.events'), 'utf8')
        .split('\n')
        .includes(wanted)
    )
      return;
    await sleep(20);
  }
  throw new LabError(`the processes in ${path} did not ${frozen ? 'stop' : 'go on'}`, 'Try again.');
}

function thaw(file: string): void {
  if (existsSync(file)) quietly(() => writeFileSync(file, 'THAWED'));
}

/** Kills all processes in the cgroup `path`, waits until they are gone, and removes it. */
export async function removeCgroup(path: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    for (const root of roots()) quietly(() => writeFileSync(join(root, path, 'cgroup.kill'), '1'));
    for (const pid of processesIn(path)) quietly(() => process.kill(pid, 'SIGKILL'));
    const left = everyRoot().flatMap((root) => subtree(join(root, path)));
    // A container that an engine has paused by the older freezer ends only when it goes on.
    for (const directory of left) thaw(join(directory, 'freezer.state'));
    if (left.length === 0) return;
    for (const directory of left) quietly(() => rmdirSync(directory));
    await sleep(25);
  }
  throw new LabError(
    `processes ${processesIn(path).join(', ')} do not end`,
    'They may wait for a disk: try `quorumgate lab down` again.',
  );
}

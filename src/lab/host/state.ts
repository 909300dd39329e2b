import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../image/image.ts';
import type { ImageName } from '../image/image-recipe.ts';
import type { Versions } from '../image/program/provide.ts';
import { processesIn } from '../machine/cgroup.ts';
import { type Layout, layoutBeside } from '../machine/layout.ts';
import type { ProcessIdentity } from '../machine/process-identity.ts';
import type { HostPlan, Network, Place } from '../network/addresses.ts';
import type { Launch } from '../network/instance.ts';

/** A host that was started; the identities tell whether it still runs. */
export interface HostState extends HostPlan {
  /** How it boots: the name of a target of the lab. */
  target: string;
  /** systemd-nspawn, QEMU, or the shim of a container. */
  supervisor?: ProcessIdentity;
  /** The host's own PID 1, as the machine sees it; of a virtual machine QEMU again. */
  init?: ProcessIdentity;
  /** The cgroup of all its processes, where it is not the lab's one of the host's name. */
  cgroup?: string;
  /** Its interface in the lab's network, where that is not `eth0`. */
  device?: string;
  /** The socket of its guest agent, where it is a virtual machine. */
  agent?: string;
  /** Seconds by which its clock is ahead of this machine's, where it has one of its own that was set. */
  clockAhead?: number;
  /** When it was started, in seconds of the machine's monotonic clock. */
  startedAt?: number;
  /** The instance that a cloud launched, where the host is one. */
  instance?: Launch;
  /** The host in whose place this one is, by its name, where that one's own files are this one's. */
  filesOf?: string;
}

/** One cluster of a lab. A second one beside the first has a file of its own, with the same network and image. */
export interface LabState {
  version: 1;
  /** `starting` in the file and no process that holds the lock: a crash. */
  phase: 'starting' | 'running';
  cluster: { name: string; size: number };
  /** How hosts boot: they get these targets in turn. */
  targets: string[];
  /** The image of hosts whose target has none of its own. */
  image: ImageName;
  /** Versions in the place of the spec's: hosts that come later get them too. */
  versions?: Versions;
  /** Every image that hosts are made of. */
  images: Partial<Record<ImageName, Image>>;
  network: Network;
  /** Keys of `consul` by which its agents are secured: all clusters on one Consul have them alike. */
  secured?: string[];
  hosts: HostState[];
  /** Only of a cluster beside the first: its place, and where that one's Consul servers are. */
  beside?: Place & { join: string[] };
  /** Hosts that were replaced or removed: their names and addresses are not given again. */
  retired?: HostPlan[];
  server?: ProcessIdentity;
}

export function readState(layout: Layout): LabState | undefined {
  try {
    return JSON.parse(readFileSync(layout.state, 'utf8')) as LabState;
  } catch {
    return undefined;
  }
}

let earlier: Promise<unknown> = Promise.resolve();

/** One after the other: hosts are booted at once, and each is remembered. */
export function writeState(layout: Layout, state: LabState): Promise<void> {
  const written = earlier.then(() => write(layout, state));
  earlier = written.catch(() => {});
  return written;
}

async function write(layout: Layout, state: LabState): Promise<void> {
  await mkdir(layout.directory, { recursive: true });
  await writeFile(`${layout.state}.new`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${layout.state}.new`, layout.state);
}

function filesOf(layout: Layout): string[] {
  try {
    // Sorted, the first cluster's state is the last.
    return readdirSync(layout.directory).sort();
  } catch {
    return [];
  }
}

/** Where what is remembered of clusters beside the first is. */
export function layoutsBeside(layout: Layout): Layout[] {
  return filesOf(layout).flatMap((file) => {
    const name = /^state-(.+)\.json$/.exec(file)?.[1];
    return name === undefined ? [] : [layoutBeside(layout, name)];
  });
}

/** Hosts of the lab's other clusters, there or gone: they have addresses of the same network. */
export function hostsElsewhere(layout: Layout): HostPlan[] {
  const states = filesOf(layout).filter((file) => /^state(-.+)?\.json$/.test(file));
  const others = states.map((file) => join(layout.directory, file)).filter((file) => file !== layout.state);
  return others.flatMap((file) => {
    const { hosts = [], retired = [] } = readState({ ...layout, state: file }) ?? {};
    return [...hosts, ...retired];
  });
}

/** Forgets all clusters of the lab, what their hosts find on empty disks, and the operator's key. */
export async function forgetAll(layout: Layout): Promise<void> {
  for (const file of filesOf(layout)) {
    if (/^((seeds|state)(-.+)?\.json(\.new)?|operator\.key)$/.test(file))
      await rm(join(layout.directory, file), { force: true });
  }
}

/** Whether any process of the lab still runs, remembered or not. */
export function isRunning(layout: Layout): boolean {
  return processesIn(layout.prefix).length > 0;
}

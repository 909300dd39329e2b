import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import type { HostPlan, Network } from './addresses.ts';
import { processesIn } from './cgroup.ts';
import type { Layout } from './layout.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** A host that was started; the identities tell whether it still runs. */
export interface HostState extends HostPlan {
  /** systemd-nspawn. */
  supervisor?: ProcessIdentity;
  /** The host's own PID 1, as the machine sees it. */
  init?: ProcessIdentity;
  /** When systemd-nspawn was started, in seconds of the machine's monotonic clock. */
  startedAt?: number;
}

export interface LabState {
  version: 1;
  /** `starting` in the file and no process that holds the lock: a crash. */
  phase: 'starting' | 'running';
  cluster: { name: string; size: number };
  target: string;
  image: string;
  /** Whether names are configured per link (systemd-resolved) in this image. */
  resolved: boolean;
  imageDirectory: string;
  network: Network;
  hosts: HostState[];
  /** Hosts that were replaced: their names and addresses are not given again. */
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

export async function forgetState(layout: Layout): Promise<void> {
  await rm(layout.state, { force: true });
  await rm(`${layout.state}.new`, { force: true });
}

/** Whether any process of the lab still runs, remembered or not. */
export function isRunning(layout: Layout): boolean {
  return processesIn(layout.prefix).length > 0;
}

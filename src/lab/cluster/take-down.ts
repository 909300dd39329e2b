import { existsSync } from 'node:fs';
import { mountsUnder } from '../host/host.ts';
import { isRunning, type LabState, readState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import type { Layout } from '../machine/layout.ts';
import { acquireLock, type Release } from '../machine/lock.ts';
import { undoSteps } from '../machine/steps.ts';
import { namespacesOf } from '../network/network.ts';
import { labSteps } from './lab-steps.ts';
import { NO_SEEDS } from './seeds.ts';

/** The lab's lock, for commands that change it. */
export async function lockLab(layout: Layout): Promise<Release> {
  const release = await acquireLock(layout.lock);
  if (release !== undefined) return release;
  throw new LabError(
    `another \`quorumgate lab\` command is at work in ${layout.directory}`,
    'Wait until it has ended, or interrupt it: it undoes what it did. Another lab beside it: set QUORUMGATE_LAB_DIR.',
  );
}

/** Whether anything of a lab is there: running, crashed or half made. */
export function hasTraces(layout: Layout): boolean {
  const kernel = isRunning(layout) || mountsUnder(layout.directory).length > 0 || namespacesOf(layout).length > 0;
  return kernel || existsSync(layout.state);
}

/** Removes whatever there is of a lab; the lock is held by the caller. */
export async function takeDown(layout: Layout): Promise<void> {
  const network = { cidr: '', prefix: 0, gateway: '' };
  const nothing = { version: 1, phase: 'starting', cluster: { name: '', size: 0 }, image: 'bookworm' } as const;
  const state: LabState = readState(layout) ?? { ...nothing, targets: [], images: {}, network, hosts: [] };
  await undoSteps(labSteps({ layout, state, seeds: NO_SEEDS }, [], {}));
}

/** `lab down`: whether there was anything. */
export async function down(layout: Layout): Promise<boolean> {
  const release = await lockLab(layout);
  try {
    if (!hasTraces(layout)) return false;
    await takeDown(layout);
    return true;
  } finally {
    await release();
  }
}

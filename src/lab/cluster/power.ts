import { killHost } from '../host/host.ts';
import { isUp } from '../host/inside.ts';
import type { Scene } from '../host/scene.ts';
import { type HostState, writeState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { makeDisk, removeDisk, startHost } from './lab-steps.ts';
import { readSeeds } from './seeds.ts';

/** Ends a host as a power cut does; its disk stays. */
export async function cutPower({ layout }: Scene, host: HostState): Promise<void> {
  await killHost(layout, host);
}

/** Boots a host that is off. */
export async function powerOn({ layout, state }: Scene, host: HostState): Promise<void> {
  if (isUp(host)) throw new LabError(`host ${host.name} runs already`, `\`quorumgate lab fault reboot ${host.name}\`?`);
  await startHost(layout, host);
  await writeState(layout, state);
}

/** Cuts the power and gives the host an empty disk. */
export async function emptyDisk(scene: Scene, host: HostState): Promise<void> {
  const { layout, state } = scene;
  const seeds = readSeeds(layout);
  await cutPower(scene, host);
  await removeDisk(layout, host);
  await makeDisk(layout, state, host, seeds);
}

import type { Scene } from '../host/scene.ts';
import { type HostState, writeState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { disconnectHost } from '../network/network.ts';
import { removeDisk } from './lab-steps.ts';
import { cutPower } from './power.ts';

/** Takes a host's power, disk and cable. */
export async function takeAway(scene: Scene, host: HostState): Promise<void> {
  await cutPower(scene, host);
  await removeDisk(scene.layout, host);
  await disconnectHost(scene.layout, host);
}

/** Remembers that a host is gone: its name and address are not given again. */
export function retire({ state }: Scene, { name, role, address }: HostState): void {
  state.retired = [...(state.retired ?? []), { name, role, address }];
}

/** Ends a host for good; `size` is how many members the cluster is to have from now on. */
export async function remove(scene: Scene, host: HostState, size = scene.state.cluster.size): Promise<string> {
  const { layout, state } = scene;
  if (!Number.isInteger(size) || size < 1 || size > 9) {
    throw new LabError(`${size} is not a number of members`, 'Use 1 to 9.');
  }
  if (state.hosts.length === 1) throw new LabError(`${host.name} is the only host`, 'Use `quorumgate lab down`.');
  retire(scene, host);
  // In place: whoever has the lab's hosts has this list.
  state.hosts.splice(state.hosts.indexOf(host), 1);
  state.cluster.size = size;
  await writeState(layout, state);
  await takeAway(scene, host);
  return `${host.name} (${host.address}): gone for good, with its disk; the cluster is whole with ${size} members`;
}

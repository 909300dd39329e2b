import { removeHost } from '../host.ts';
import { LabError } from '../lab-error.ts';
import { connectHost, disconnectHost } from '../network.ts';
import { readSeeds } from '../seeds.ts';
import { type HostState, writeState } from '../state.ts';
import { cutPower, emptyDisk, powerOn } from './power.ts';
import { replacementFor } from './replacement.ts';
import type { Scene } from './scene.ts';

/** A new host in another's place: other name, other address, empty disk; the old one never comes back. */
export async function replace(scene: Scene, old: HostState): Promise<string> {
  const { layout, state } = scene;
  if ((readSeeds(layout).own.get(old.name) ?? []).length > 0) {
    throw new LabError(
      `${old.name} has files for it alone, such as certificates for its address: the lab cannot make them for another`,
      'Use a spec with `tls: off` for this fault.',
    );
  }
  const next: HostState = replacementFor(state, old);
  const index = state.hosts.indexOf(old);
  await cutPower(scene, old);
  await removeHost(layout, old.name);
  await disconnectHost(layout, old.name, index);
  const { name, role, address } = old;
  state.retired = [...(state.retired ?? []), { name, role, address }];
  state.hosts[index] = next;
  await writeState(layout, state);
  await connectHost(layout, state.network, next, index);
  await emptyDisk(scene, next);
  await powerOn(scene, next);
  return `${name} (${address}): gone for good; ${next.name} (${next.address}) boots in its place with an empty disk`;
}

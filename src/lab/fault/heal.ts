import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import { reconnect } from './partition.ts';
import { clearTraffic } from './traffic.ts';

/** The network of hosts as it was: one switch, no delay, no loss. */
export async function heal(scene: Scene, hosts: readonly HostState[]): Promise<string> {
  await reconnect(scene, hosts);
  await clearTraffic(scene, hosts);
  return `${hosts.map(({ name }) => name).join(', ')}: connected, no delay, no loss`;
}

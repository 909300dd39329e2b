import type { HostState } from '../state.ts';
import { reconnect } from './partition.ts';
import type { Scene } from './scene.ts';
import { clearTraffic } from './traffic.ts';

/** The network of hosts as it was: one switch, no delay, no loss. */
export async function heal(scene: Scene, hosts: readonly HostState[]): Promise<string> {
  await reconnect(scene, hosts);
  await clearTraffic(scene, hosts);
  return `${hosts.map(({ name }) => name).join(', ')}: connected, no delay, no loss`;
}

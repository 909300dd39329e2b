import { cutPower, emptyDisk, powerOn } from '../cluster/power.ts';
import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';

export async function kill(scene: Scene, host: HostState): Promise<string> {
  await cutPower(scene, host);
  return `${host.name}: power cut; \`lab fault reboot ${host.name}\` boots it again`;
}

export async function reboot(scene: Scene, host: HostState): Promise<string> {
  await cutPower(scene, host);
  await powerOn(scene, host);
  return `${host.name}: power cut, booting again with the same disk`;
}

export async function wipe(scene: Scene, host: HostState): Promise<string> {
  await emptyDisk(scene, host);
  await powerOn(scene, host);
  return `${host.name}: power cut, booting again with an empty disk`;
}

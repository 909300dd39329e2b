import { cgroupOf } from '../host/host.ts';
import { isUp } from '../host/inside.ts';
import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import { freezeCgroup } from '../machine/cgroup.ts';
import { LabError } from '../machine/lab-error.ts';
import { goOn, type Program, stopProgram } from './program.ts';

function running(host: HostState): void {
  if (!isUp(host)) throw new LabError(`host ${host.name} does not run`, `\`lab fault reboot ${host.name}\` boots it.`);
}

/** Stops one program, or the whole host as a paused virtual machine does: its kernel side still answers pings. */
export async function freeze(scene: Scene, host: HostState, program?: Program): Promise<string> {
  if (program !== undefined) return stopProgram(scene, host, program);
  running(host);
  await freezeCgroup(cgroupOf(scene.layout, host), true);
  return `${host.name}: all its processes are frozen; \`lab fault thaw ${host.name}\` lets them go on`;
}

export async function thaw(scene: Scene, host: HostState, program?: Program): Promise<string> {
  running(host);
  // A stopped program of a frozen host goes on only once the host does.
  if (program === undefined) await freezeCgroup(cgroupOf(scene.layout, host), false);
  const count = goOn(scene, host, program);
  return `${host.name}: ${program ?? 'thawed'}${program === undefined ? '' : ' goes on'} (${count} stopped processes)`;
}

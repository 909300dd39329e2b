import type { HostState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import type { HostPlan } from '../network/addresses.ts';
import { aws } from './aws.ts';
import { ec2 } from './ec2.ts';
import { flatcar } from './flatcar.ts';
import { kubelet } from './kubelet.ts';
import type { LabTarget, Machines } from './lab-target.ts';
import { vagrantTarget } from './vagrant.ts';
import { vm } from './vm.ts';

/** The targets that the lab can boot. */
export const LAB_TARGETS: readonly LabTarget[] = [aws, ec2, flatcar, kubelet, vagrantTarget, vm];

/** Targets that are booted where nothing is said. */
export const DEFAULT_TARGETS: readonly string[] = [aws.name];

export function labTarget(name: string): LabTarget {
  const found = LAB_TARGETS.find((target) => target.name === name);
  if (found !== undefined) return found;
  throw new LabError(
    `the lab cannot boot target ${name}`,
    `It boots ${LAB_TARGETS.map((target) => target.name).join(', ')}.`,
  );
}

/** The name by which a host calls itself, and so its Consul agent and its member: on some targets not what the lab calls it. */
export function ownName(host: HostState): string {
  return labTarget(host.target).ownName?.(host) ?? host.name;
}

/** Both names, where there are two. */
export function namesOf(host: HostState): string {
  const own = ownName(host);
  return own === host.name ? own : `${host.name} (${own})`;
}

/** The program that makes and boots a host; undefined where the lab does. */
export function machinesOf({ target }: Pick<HostState, 'target'>): Machines | undefined {
  return labTarget(target).machines;
}

/** How much longer than hosts in namespaces these may take. */
export function slowest(hosts: readonly Pick<HostState, 'target'>[]): number {
  return Math.max(1, ...hosts.map(({ target }) => labTarget(target).slower ?? 1));
}

/** Hosts of each role get the targets in turn, counted from those that are there already. */
export function inTurn(
  hosts: readonly HostPlan[],
  targets: readonly string[],
  there: readonly HostPlan[] = [],
): HostState[] {
  const counts = new Map<string, number>();
  for (const { role } of there) counts.set(role, (counts.get(role) ?? 0) + 1);
  return hosts.map((host) => {
    const before = counts.get(host.role) ?? 0;
    counts.set(host.role, before + 1);
    return { ...host, target: targets[before % targets.length] ?? aws.name };
  });
}

import { nextHost } from '../host/next-host.ts';
import type { Scene } from '../host/scene.ts';
import { type HostState, hostsElsewhere, writeState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import type { Launch } from '../network/instance.ts';
import { inTurn } from '../target/targets.ts';
import { addHosts } from './add-hosts.ts';
import { readSeeds } from './seeds.ts';

/** An instance that a cloud has launched, and a host of the lab is. */
export interface Launched extends Launch {
  /** Its first private address, of the lab's network. */
  address: string;
}

function as(host: HostState, { address, ...instance }: Launched): HostState {
  return { ...host, address, instance };
}

/** Hosts with their members as these instances, in the order of their numbers. */
export function asLaunched(hosts: readonly HostState[], launched: readonly Launched[] = []): HostState[] {
  const left = [...launched];
  return hosts.map((host) => {
    const one = host.role === 'etcd' ? left.shift() : undefined;
    return one === undefined ? host : as(host, one);
  });
}

/**
 * Boots one host more with what all find on empty disks, as the instance that a cloud has launched. The cluster is to have as many
 * members as before: the host is a spare until one of them is gone.
 */
export async function launch({ layout, state }: Scene, launched: Launched): Promise<string> {
  const elsewhere = hostsElsewhere(layout);
  const holder = [...state.hosts, ...elsewhere].find(({ address }) => address === launched.address);
  if (holder !== undefined) {
    throw new LabError(`${launched.address} is the address of ${holder.name}`, 'Remove that host first.');
  }
  const hosts = inTurn([nextHost(state, 'etcd', elsewhere)], state.targets, state.hosts).map((host) =>
    as(host, launched),
  );
  await addHosts({ layout, state }, hosts, readSeeds(layout), {});
  state.hosts.push(...hosts);
  await writeState(layout, state);
  return hosts[0]?.name ?? '';
}

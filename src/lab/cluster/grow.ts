import type { Spec } from '../../spec/defaults.ts';
import { bootableFrom, type CompileSettings, type SpecSource } from '../compile/compile-for-lab.ts';
import type { HostFile } from '../host/host.ts';
import { nextHost } from '../host/next-host.ts';
import type { Scene } from '../host/scene.ts';
import { type HostState, hostsElsewhere, type LabState, writeState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { consulAddresses, type HostPlan, networkOf } from '../network/addresses.ts';
import { inTurn } from '../target/targets.ts';
import { addHosts } from './add-hosts.ts';
import type { Spread } from './lab-steps.ts';
import { ownFiles, readSeeds, type Seeds, upload, writeSeeds } from './seeds.ts';

export interface GrowOptions extends SpecSource, Spread, Pick<CompileSettings, 'secretsInImage'> {
  /** Files of the new hosts; by default those that `hostFiles` gave for their names when the lab was booted. */
  hostFiles?: (host: HostPlan) => HostFile[];
  say?: (line: string) => void;
}

/** The hosts that a cluster of `size` members has more than there are. */
export function hostsMore(state: LabState, size: number, elsewhere: readonly HostPlan[] = []): HostState[] {
  const more: HostPlan[] = [];
  const members = state.hosts.filter(({ role }) => role === 'etcd').length;
  for (let count = members; count < size; count++) {
    more.push(nextHost({ ...state, hosts: [...state.hosts, ...more] }, 'etcd', elsewhere));
  }
  return inTurn(more, state.targets, state.hosts);
}

/** Refuses a spec that is not the same cluster, larger. */
export function assertLarger({ cluster, network, hosts }: LabState, spec: Spec): void {
  const servers = hosts.filter(({ role }) => role === 'consul-server').length;
  const wrong = [
    spec.cluster.name === cluster.name || `its cluster is ${spec.cluster.name}, the lab's is ${cluster.name}`,
    spec.cluster.size > cluster.size || `its size is ${spec.cluster.size}, the lab's is ${cluster.size}`,
    networkOf(spec).cidr === network.cidr || `its network is ${networkOf(spec).cidr}, the lab's is ${network.cidr}`,
    spec.consul.count === servers || `it has ${spec.consul.count} hosts for Consul, the lab has ${servers}`,
  ].filter((one) => one !== true);
  if (wrong.length === 0) return;
  throw new LabError(
    `the lab cannot grow to this spec: ${wrong.join('; ')}`,
    'Use the spec that the lab was booted from with a larger `cluster.size`, or `--size N`.',
  );
}

/** Boots the hosts that a larger size of the same cluster has more. Its user-data is what empty disks find from now on. */
export async function grow({ layout, state }: Scene, options: GrowOptions): Promise<string> {
  const { network, beside, targets, versions } = state;
  const { directory } = layout;
  const elsewhere = hostsElsewhere(layout);
  const { files, spec } = await bootableFrom({
    ...options,
    ...{ directory, targets },
    ...versions,
    guestOf: beside === undefined ? undefined : { network, join: beside.join },
    join: ({ cluster }) => consulAddresses([...state.hosts, ...hostsMore(state, cluster.size, elsewhere)]),
  });
  assertLarger(state, spec);
  const hosts = hostsMore(state, spec.cluster.size, elsewhere);
  const before = readSeeds(layout);
  const own = new Map(before.own);
  if (options.hostFiles !== undefined) for (const host of hosts) own.set(host.name, options.hostFiles(host));
  const seeds: Seeds = { compiled: new Map(files.map(({ path, bytes }) => [path, bytes])), own };
  const bare = hosts.filter((host) => ownFiles(seeds, host).length === 0).map(({ name }) => name);
  if (spec.tls !== 'off' && bare.length > 0) {
    throw new LabError(`there are no certificates for ${bare.join(', ')}`, 'Use a spec with `tls: off`.');
  }
  await upload(layout, seeds);
  await addHosts({ layout, state }, hosts, seeds, options);
  state.hosts.push(...hosts);
  state.cluster.size = spec.cluster.size;
  await writeSeeds(layout, seeds);
  await writeState(layout, state);
  const names = hosts.map(({ name, address }) => `${name} (${address})`).join(', ');
  return `${names}: booting with the user-data for ${spec.cluster.size} members; so does any host with an empty disk from now on`;
}

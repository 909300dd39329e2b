import type { Spec } from '../../spec/defaults.ts';
import { bootableFrom, type SpecSource } from '../compile/compile-for-lab.ts';
import type { HostFile } from '../host/host.ts';
import type { Scene } from '../host/scene.ts';
import { type LabState, writeState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { layoutBeside } from '../machine/layout.ts';
import { consulAddresses, type HostPlan, hostsOf, placeBeside } from '../network/addresses.ts';
import { inTurn, machinesOf } from '../target/targets.ts';
import { addHosts } from './add-hosts.ts';
import type { Spread } from './lab-steps.ts';
import { seedsOf, writeSeeds } from './seeds.ts';

export interface BesideOptions extends SpecSource, Spread {
  hostFiles?: (host: HostPlan) => HostFile[];
  say?: (line: string) => void;
}

/** By which keys the agents of a spec are secured. */
export const securedBy = ({ consul: { encrypt, tls, tokens } }: Pick<Spec, 'consul'>): string[] =>
  Object.entries({ encrypt, tls, tokens }).flatMap(([key, value]) => (value === undefined ? [] : [key]));

const keysOf = (keys: readonly string[]) => keys.map((key) => `\`consul.${key}\``).join(', ') || 'nothing';

/** Hosts whose agents talk otherwise would wait for ever. */
function assertAlike(first: readonly string[], name: string, own: readonly string[]): void {
  if (first.join() === own.join()) return;
  throw new LabError(
    `the agents of ${name} have ${keysOf(own)}, and those of the lab's Consul ${keysOf(first)}`,
    'Clusters on one Consul are secured alike: give both specs `secrets`, or both `secrets: off`.',
  );
}

/** The state to keep of a cluster beside the first and `others`. */
export function stateBeside(first: LabState, others: readonly LabState[], spec: Spec): LabState {
  const { version, phase, targets, versions, image, images, network, secured = [] } = first;
  const { name, size } = spec.cluster;
  if ([first, ...others].some(({ cluster }) => cluster.name === name)) {
    throw new LabError(
      `the lab has a cluster ${name} already`,
      'Give the second spec another `cluster.name`; `quorumgate lab grow` makes the first one larger.',
    );
  }
  if (targets.some((target) => machinesOf({ target }) !== undefined)) {
    throw new LabError(
      `the lab has no room for ${name} beside the first: its hosts are made by one description of them all`,
      'Use `--target aws` or `flatcar` for both.',
    );
  }
  assertAlike(secured, name, securedBy(spec));
  const place = placeBeside(network, name, others.length + 1);
  return {
    ...{ version, phase, targets, image, images, network, secured },
    ...(versions === undefined ? {} : { versions }),
    cluster: { name, size },
    beside: { ...place, join: spec.consul.join },
    hosts: inTurn(hostsOf(spec, network, place), targets),
  };
}

/** Boots another cluster in a lab that runs, on the Consul of the first. Waits for nothing. */
export async function addCluster(first: Scene, others: readonly LabState[], options: BesideOptions): Promise<Scene> {
  const { network, hosts, targets, versions } = first.state;
  const { directory } = first.layout;
  const join = consulAddresses(hosts);
  const bootable = await bootableFrom({ ...options, ...versions, directory, targets, guestOf: { network, join } });
  const state = stateBeside(first.state, others, bootable.spec);
  const scene = { layout: layoutBeside(first.layout, state.cluster.name), state };
  const seeds = seedsOf(bootable, state, options.hostFiles);
  await addHosts(scene, state.hosts, seeds, options);
  await writeSeeds(scene.layout, seeds);
  await writeState(scene.layout, state);
  return scene;
}

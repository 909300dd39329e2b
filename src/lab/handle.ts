import { addCluster, type BesideOptions } from './cluster/beside.ts';
import { findHost } from './cluster/find-host.ts';
import { type GrowOptions, grow } from './cluster/grow.ts';
import { type Launched, launch } from './cluster/launch.ts';
import { cutPower, emptyDisk, powerOn } from './cluster/power.ts';
import { remove } from './cluster/remove.ts';
import { down } from './cluster/take-down.ts';
import { type Faults, faultsOf } from './fault/faults.ts';
import { inside, insideNetwork } from './host/inside.ts';
import type { Scene } from './host/scene.ts';
import type { HostState, LabState } from './host/state.ts';
import type { Finished, RunOptions } from './machine/command.ts';
import { LabError } from './machine/lab-error.ts';
import type { Layout } from './machine/layout.ts';
import { type ClusterView, viewCluster } from './members/cluster.ts';
import { etcdctl } from './members/etcdctl.ts';
import { type HostFacts, readFacts } from './members/facts.ts';
import { type Watched, type WatchOptions, watch } from './view/watch.ts';

/** A cluster of a lab that was booted; `down` ends all of them. Hosts are called by their names: `etcd-1`. */
export interface Lab {
  layout: Layout;
  state: LabState;
  hosts: HostState[];
  host(name: string): HostState;
  /** Runs a command inside a host to its end; it does not throw for a non-zero exit code. */
  exec(name: string, command: string[], options?: RunOptions & { env?: Record<string, string> }): Promise<Finished>;
  /** Runs etcdctl inside a host with its certificates, against that host's member or those of `of`. */
  etcdctl(name: string, args: string[], of?: string[]): Promise<Finished>;
  /** Runs a command of this machine in a host's network: `127.0.0.1` is the host, running or not. */
  net(name: string, command: string[], options?: RunOptions): Promise<Finished>;
  facts(): Promise<HostFacts[]>;
  cluster(): Promise<ClusterView>;
  /** Waits until every host is up; does not throw when they do not come up. */
  wait(options: WatchOptions): Promise<Watched>;
  /** Ends a host as a power cut does. */
  kill(name: string): Promise<void>;
  /** Boots a host that was killed; `wipe` gives it an empty disk first. */
  start(name: string, options?: { wipe?: boolean }): Promise<void>;
  /** Boots the hosts that a larger size of the same cluster has more; says in one line what it did. */
  grow(options: GrowOptions): Promise<string>;
  /** Boots one host more, with the user-data of all, as the instance that a cloud has launched; its name in the lab. */
  launch(launched: Launched): Promise<string>;
  /** Ends a host for good; with `size`, so many members make the cluster whole from now on. */
  remove(name: string, options?: { size?: number | undefined }): Promise<string>;
  /** Boots another cluster beside this one, the first, on its Consul. */
  beside(options: BesideOptions): Promise<Lab>;
  /** The clusters beside this one, when it is the first. */
  neighbours: Lab[];
  fault: Faults;
  down(): Promise<void>;
}

export function labHandle({ layout, state }: Scene, beside: readonly Scene[] = []): Lab {
  const scene = { layout, state };
  const neighbours = beside.map((one) => labHandle(one));
  const hostOf = (name: string) => findHost(state, name);
  return {
    layout,
    state,
    hosts: state.hosts,
    host: hostOf,
    exec: async (name, command, options) => inside(hostOf(name), command, options),
    etcdctl: async (name, args, of) => etcdctl(layout, hostOf(name), args, of?.map(hostOf)),
    net: async (name, command, options) => insideNetwork(layout, hostOf(name), command, options),
    facts: () => readFacts(layout, state),
    cluster: () => viewCluster(layout, state),
    wait: (options) => watch(state.hosts, options),
    kill: async (name) => cutPower(scene, hostOf(name)),
    start: async (name, { wipe = false } = {}) => {
      if (wipe) await emptyDisk(scene, hostOf(name));
      await powerOn(scene, hostOf(name));
    },
    grow: (options) => grow(scene, options),
    launch: (launched) => launch(scene, launched),
    remove: async (name, { size } = {}) => remove(scene, hostOf(name), size),
    beside: async (options) => {
      if (state.beside !== undefined)
        throw new LabError(`${state.cluster.name} is not the first cluster`, 'Ask that one.');
      const others = neighbours.map((one) => one.state);
      const lab = labHandle(await addCluster(scene, others, options));
      neighbours.push(lab);
      return lab;
    },
    neighbours,
    fault: faultsOf(scene),
    down: async () => {
      await down(layout);
    },
  };
}

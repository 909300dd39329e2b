import { type ClusterView, viewCluster } from './cluster.ts';
import type { Finished, RunOptions } from './command.ts';
import { etcdctl } from './etcdctl.ts';
import { type HostFacts, readFacts } from './facts.ts';
import { type Faults, faultsOf } from './fault/faults.ts';
import { cutPower, emptyDisk, powerOn } from './fault/power.ts';
import { findHost } from './find-host.ts';
import { inside } from './inside.ts';
import type { Layout } from './layout.ts';
import type { HostState, LabState } from './state.ts';
import { down } from './take-down.ts';
import { type Watched, type WatchOptions, watch } from './watch.ts';

/** A lab that was booted. Hosts are called by their names: `etcd-1`. */
export interface Lab {
  layout: Layout;
  state: LabState;
  hosts: HostState[];
  host(name: string): HostState;
  /** Runs a command inside a host to its end; it does not throw for a non-zero exit code. */
  exec(name: string, command: string[], options?: RunOptions & { env?: Record<string, string> }): Promise<Finished>;
  /** Runs etcdctl inside a host with its certificates, against that host's member or those of `of`. */
  etcdctl(name: string, args: string[], of?: string[]): Promise<Finished>;
  facts(): Promise<HostFacts[]>;
  cluster(): Promise<ClusterView>;
  /** Waits until every host is up; does not throw when they do not come up. */
  wait(options: WatchOptions): Promise<Watched>;
  /** Ends a host as a power cut does. */
  kill(name: string): Promise<void>;
  /** Boots a host that was killed; `wipe` gives it an empty disk first. */
  start(name: string, options?: { wipe?: boolean }): Promise<void>;
  fault: Faults;
  down(): Promise<void>;
}

export function labHandle(layout: Layout, state: LabState): Lab {
  const scene = { layout, state };
  const hostOf = (name: string) => findHost(state, name);
  return {
    layout,
    state,
    hosts: state.hosts,
    host: hostOf,
    exec: async (name, command, options) => inside(hostOf(name), command, options),
    etcdctl: async (name, args, of) => etcdctl(layout, hostOf(name), args, of?.map(hostOf)),
    facts: () => readFacts(layout, state),
    cluster: () => viewCluster(layout, state),
    wait: (options) => watch(state.hosts, options),
    kill: async (name) => cutPower(scene, hostOf(name)),
    start: async (name, { wipe = false } = {}) => {
      if (wipe) await emptyDisk(scene, hostOf(name));
      await powerOn(scene, hostOf(name));
    },
    fault: faultsOf(scene),
    down: async () => {
      await down(layout);
    },
  };
}

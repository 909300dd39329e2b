import { type ClusterView, viewCluster } from './cluster.ts';
import type { Finished, RunOptions } from './command.ts';
import { etcdctl } from './etcdctl.ts';
import { type HostFacts, readFacts } from './facts.ts';
import { bootHost, type HostFile, killHost, removeHost } from './host.ts';
import { inside } from './inside.ts';
import { LabError } from './lab-error.ts';
import { makeDisk } from './lab-steps.ts';
import type { Layout } from './layout.ts';
import { type HostState, type LabState, writeState } from './state.ts';
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
  down(): Promise<void>;
}

/** The handle of a lab. Only who booted it knows the files that a wiped host needs. */
export function labHandle(layout: Layout, state: LabState, filesOf?: (host: HostState) => HostFile[]): Lab {
  const hostOf = (name: string): HostState => {
    const found = state.hosts.find((host) => host.name === name);
    if (found !== undefined) return found;
    const names = state.hosts.map((host) => host.name).join(', ');
    throw new LabError(`the lab has no host ${name}`, `It has ${names}.`);
  };
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
    kill: async (name) => killHost(layout, hostOf(name).name),
    start: async (name, { wipe = false } = {}) => {
      const host = hostOf(name);
      if (wipe) {
        if (filesOf === undefined) throw new LabError('only who booted the lab can wipe a host', 'Use `lab up` anew.');
        await removeHost(layout, name);
        await makeDisk(layout, state, host, filesOf(host));
      }
      Object.assign(host, await bootHost(layout, name));
      await writeState(layout, state);
    },
    down: async () => {
      await down(layout);
    },
  };
}

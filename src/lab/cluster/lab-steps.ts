import { readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepOperatorKey } from '../compile/operator-key.ts';
import { bootHost, monotonic, mountHost, mountsUnder, prepareHost, removeHost } from '../host/host.ts';
import type { Scene } from '../host/scene.ts';
import { startDelays } from '../host/spread.ts';
import { forgetAll, type HostState, type LabState, writeState } from '../host/state.ts';
import { removeCgroup } from '../machine/cgroup.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths, type Layout } from '../machine/layout.ts';
import type { Step } from '../machine/steps.ts';
import { networkStep } from '../network/network.ts';
import { type ServeCommand, serversStep } from '../network/servers.ts';
import { LAB_TARGETS, labTarget, machinesOf } from '../target/targets.ts';
import { filesFrom, ownFiles, readSeeds, type Seeds, upload, writeSeeds } from './seeds.ts';

/** One cluster of a lab, with what its hosts find on empty disks. */
export interface Planned extends Scene {
  seeds: Seeds;
}

/** Hosts start at random moments within so many seconds, decided by `seed`. */
export interface Spread {
  startSpread?: number | undefined;
  seed?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface StepOptions extends Spread {
  serveCommand?: ServeCommand | undefined;
}

/** Mounts a host's disk and puts there what it has to find. */
export async function makeDisk(layout: Layout, state: LabState, host: HostState, seeds: Seeds): Promise<void> {
  const target = labTarget(host.target);
  if (target.machines !== undefined) return target.machines.write(layout, seeds.compiled);
  const image = state.images[target.image ?? state.image];
  if (image === undefined) throw new LabError(`the lab has no image for ${host.name}`, 'Boot it anew.');
  await mountHost(layout, image.directory, host.name);
  const { root } = hostPaths(layout, host.name);
  prepareHost(root, target.hostname ?? host.name, state.network, image.resolved, filesFrom(seeds, host));
  await target.prepare?.({ layout, network: state.network, host, root }, seeds.compiled);
}

/** Deletes the disk of a host that is off. */
export async function removeDisk(layout: Layout, host: HostState): Promise<void> {
  await (machinesOf(host)?.erase(layout, host) ?? removeHost(layout, host.name));
}

/** Boots a host from its disk. */
export async function startHost(layout: Layout, host: HostState): Promise<void> {
  const machines = machinesOf(host);
  if (machines !== undefined) {
    const startedAt = monotonic();
    Object.assign(host, await machines.boot(layout, host, ownFiles(readSeeds(layout), host)), { startedAt });
    return;
  }
  const { root } = hostPaths(layout, host.name);
  const { nspawn, environment, boot } = labTarget(host.target);
  Object.assign(host, await (boot?.(layout, host) ?? bootHost(layout, host.name, nspawn?.(root), environment)));
}

/** Boots hosts, each at its moment. When one fails, those that have not begun do not begin. */
export async function bootHosts(layout: Layout, hosts: readonly HostState[], spread: Spread): Promise<void> {
  const delays = startDelays(hosts.length, spread.startSpread ?? 0, spread.seed ?? 1);
  const stop = new AbortController();
  const signal = spread.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, spread.signal]);
  const boots = hosts.map(async (host, index) => {
    await sleep((delays[index] ?? 0) * 1000, undefined, { signal });
    await startHost(layout, host);
  });
  for (const boot of boots) boot.catch(() => stop.abort());
  // None may still be about to boot when the undoing begins.
  const ended = await Promise.allSettled(boots);
  const failed = ended.filter((end) => end.status === 'rejected').map((end) => end.reason as Error);
  const first = failed.find((error) => error.name !== 'AbortError') ?? failed[0];
  if (first !== undefined) throw first;
}

function memoryStep(lab: Layout, clusters: readonly Planned[]): Step {
  return {
    name: 'writing down what is about to be done',
    do: async () => {
      await mkdir(lab.log, { recursive: true });
      await keepOperatorKey(lab);
      for (const { layout, state, seeds } of clusters) {
        await writeSeeds(layout, seeds);
        await upload(layout, seeds);
        await writeState(layout, state);
      }
    },
    undo: async () => {
      for (const folder of [lab.log, lab.uploads, lab.secrets]) await rm(folder, { recursive: true, force: true });
      await forgetAll(lab);
    },
  };
}

/** The programs that make those hosts that are not the lab's own to make. */
function machinesStep({ layout, state }: Scene): Step {
  return {
    name: 'starting what makes the hosts',
    do: async () => {
      for (const name of new Set(state.hosts.map(({ target }) => target))) {
        await labTarget(name).machines?.prepare({ layout, state });
      }
    },
    undo: async () => {
      for (const { machines } of LAB_TARGETS) await machines?.remove(layout);
    },
  };
}

function disksStep(lab: Layout, clusters: readonly Planned[]): Step {
  return {
    name: 'making the hosts’ disks',
    do: async () => {
      for (const { layout, state, seeds } of clusters) {
        for (const host of state.hosts) await makeDisk(layout, state, host, seeds);
      }
    },
    // By what is there, not by what is remembered.
    undo: async () => {
      const names = new Set(mountsUnder(lab.hosts).map((point) => point.slice(lab.hosts.length + 1).split('/')[0]));
      try {
        for (const name of readdirSync(lab.hosts)) names.add(name);
      } catch {}
      for (const name of names) if (name) await removeHost(lab, name);
      await rm(lab.hosts, { recursive: true, force: true });
    },
  };
}

/** A host of each cluster in turn: the same moment is not one cluster's alone. */
function interleaved(clusters: readonly Planned[]): HostState[] {
  const longest = Math.max(...clusters.map(({ state }) => state.hosts.length));
  return Array.from({ length: longest }, (_, index) =>
    clusters.flatMap(({ state }) => state.hosts[index] ?? []),
  ).flat();
}

function bootStep(lab: Layout, clusters: readonly Planned[], spread: Spread): Step {
  return {
    name: 'booting the hosts',
    do: async () => {
      await bootHosts(lab, interleaved(clusters), spread);
      for (const { layout, state } of clusters) {
        state.phase = 'running';
        await writeState(layout, state);
      }
    },
    undo: () => removeCgroup(lab.prefix),
  };
}

/** All that a lab consists of, in the order in which it is made. Undoing needs nothing but the first one's layout. */
export function labSteps(first: Planned, beside: readonly Planned[], options: StepOptions): Step[] {
  const { layout, state } = first;
  const clusters = [first, ...beside];
  const hosts = clusters.flatMap((cluster) => cluster.state.hosts);
  const remember = (server: LabState['server']) => {
    if (server !== undefined) state.server = server;
    return writeState(layout, state);
  };
  return [
    memoryStep(layout, clusters),
    networkStep(
      layout,
      state.network,
      hosts.filter((host) => machinesOf(host) === undefined),
    ),
    serversStep(layout, state.network, remember, options.serveCommand),
    machinesStep(first),
    disksStep(layout, clusters),
    bootStep(layout, clusters, options),
  ];
}

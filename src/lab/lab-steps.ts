import { readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeCgroup } from './cgroup.ts';
import { bootHost, type HostFile, mountHost, mountsUnder, prepareHost, removeHost } from './host.ts';
import { hostPaths, type Layout } from './layout.ts';
import { networkStep } from './network.ts';
import { filesFrom, forgetSeeds, type Seeds, writeSeeds } from './seeds.ts';
import { type ServeCommand, serversStep } from './servers.ts';
import { startDelays } from './spread.ts';
import { forgetState, type HostState, type LabState, writeState } from './state.ts';
import type { Step } from './steps.ts';

export interface StepOptions {
  seeds: Seeds;
  startSpread: number;
  seed: number;
  signal?: AbortSignal | undefined;
  serveCommand?: ServeCommand | undefined;
}

/** Mounts a host's disk and writes what it has to find there. */
export async function makeDisk(layout: Layout, state: LabState, host: HostState, files: HostFile[]): Promise<void> {
  await mountHost(layout, state.imageDirectory, host.name);
  prepareHost(hostPaths(layout, host.name).root, host.name, state.network, state.resolved, files);
}

function memoryStep(layout: Layout, state: LabState, seeds: Seeds): Step {
  return {
    name: 'writing down what is about to be done',
    do: async () => {
      await mkdir(layout.log, { recursive: true });
      await writeSeeds(layout, seeds);
      await writeState(layout, state);
    },
    undo: async () => {
      await forgetSeeds(layout);
      await rm(layout.log, { recursive: true, force: true });
      await forgetState(layout);
    },
  };
}

function disksStep(layout: Layout, state: LabState, seeds: Seeds): Step {
  return {
    name: 'making the hosts’ disks',
    do: async () => {
      for (const host of state.hosts) await makeDisk(layout, state, host, filesFrom(seeds, state.target, host));
    },
    // By what is there, not by what is remembered.
    undo: async () => {
      const names = new Set(
        mountsUnder(layout.hosts).map((point) => point.slice(layout.hosts.length + 1).split('/')[0]),
      );
      try {
        for (const name of readdirSync(layout.hosts)) names.add(name);
      } catch {}
      for (const name of names) if (name) await removeHost(layout, name);
      await rm(layout.hosts, { recursive: true, force: true });
    },
  };
}

function bootStep(layout: Layout, state: LabState, options: StepOptions): Step {
  return {
    name: 'booting the hosts',
    do: async () => {
      const delays = startDelays(state.hosts.length, options.startSpread, options.seed);
      const stop = new AbortController();
      const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
      const boots = state.hosts.map(async (host, index) => {
        await sleep((delays[index] ?? 0) * 1000, undefined, { signal });
        Object.assign(host, await bootHost(layout, host.name));
      });
      for (const boot of boots) boot.catch(() => stop.abort());
      // None may still be about to boot when the undoing begins.
      const ended = await Promise.allSettled(boots);
      const failed = ended.filter((end) => end.status === 'rejected').map((end) => end.reason as Error);
      const first = failed.find((error) => error.name !== 'AbortError') ?? failed[0];
      if (first !== undefined) throw first;
      state.phase = 'running';
      await writeState(layout, state);
    },
    undo: () => removeCgroup(layout.prefix),
  };
}

/** All that a lab consists of, in the order in which it is made. Undoing needs nothing but the layout. */
export function labSteps(layout: Layout, state: LabState, options: StepOptions): Step[] {
  const remember = (server: LabState['server']) => {
    if (server !== undefined) state.server = server;
    return writeState(layout, state);
  };
  return [
    memoryStep(layout, state, options.seeds),
    networkStep(layout, state.network, state.hosts),
    serversStep(layout, state.network, remember, options.serveCommand),
    disksStep(layout, state, options.seeds),
    bootStep(layout, state, options),
  ];
}

import { findHost, findHosts } from '../cluster/find-host.ts';
import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import { skewClock } from './clock.ts';
import { cloneDisk } from './clone-disk.ts';
import { startConsul, stopConsul, wipeConsul } from './consul.ts';
import type { Fault } from './fault.ts';
import { freeze, thaw } from './freeze.ts';
import { heal } from './heal.ts';
import { partition } from './partition.ts';
import { kill, reboot, wipe } from './power.ts';
import { replace } from './replace.ts';
import { delay, loss } from './traffic.ts';

/** All of them, in the order of the help. */
export const FAULTS = {
  kill,
  freeze,
  thaw,
  reboot,
  wipe,
  replace,
  cloneDisk,
  partition,
  heal,
  delay,
  loss,
  stopConsul,
  startConsul,
  wipeConsul,
  skewClock,
};

export type FaultName = keyof typeof FAULTS;

/** Hosts are called by their names. */
type Called<T> = T extends HostState ? string : T extends HostState[] ? string[] : T;
type Args<F> = F extends { play(scene: Scene, ...args: infer A): unknown } ? { [I in keyof A]: Called<A[I]> } : never;

/** Faults of a lab's hosts. Each does it, and says in one line what it did. */
export type Faults = { [Name in FaultName]: (...args: Args<(typeof FAULTS)[Name]>) => Promise<string> };

type AnyFault = Fault<unknown[], never>;

/** A fault's arguments, with hosts in the place of their names. */
function hostsOf({ args }: AnyFault, { state }: Scene, words: readonly unknown[]): unknown[] {
  const [first] = args;
  if (first === '<group...>') return words.map((group) => findHosts(state, group as string[]));
  if (first === '[host...]' && words.length === 0) return state.hosts;
  if (first === '<host...>' || first === '[host...]') return findHosts(state, words as string[]);
  return words.map((word, index) => (index < args.length ? findHost(state, word as string) : word));
}

/** The faults of a lab. */
export function faultsOf(scene: Scene): Faults {
  const rows = Object.entries(FAULTS) as unknown as [FaultName, AnyFault][];
  const played = rows.map(([name, fault]) => [
    name,
    async (...words: unknown[]) => fault.play(scene, ...hostsOf(fault, scene, words)),
  ]);
  return Object.fromEntries(played) as Faults;
}

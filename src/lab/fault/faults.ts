import { findHost, findHosts } from '../cluster/find-host.ts';
import type { Scene } from '../host/scene.ts';
import { skewClock } from './clock.ts';
import { cloneDisk } from './clone-disk.ts';
import { startConsul, stopConsul, wipeConsul } from './consul.ts';
import { freeze, thaw } from './freeze.ts';
import { heal } from './heal.ts';
import { partition } from './partition.ts';
import { kill, reboot, wipe } from './power.ts';
import { killProgram, type Program } from './program.ts';
import { type ReplaceOptions, replace } from './replace.ts';
import { delay, loss } from './traffic.ts';

/** Faults of a lab's hosts, called by their names. Each does it, and says in one line what it did. */
export interface Faults {
  /** SIGKILL of one program; of none: the host's power is cut. */
  kill(host: string, program?: Program): Promise<string>;
  /** SIGSTOP of one program; of none: all of the host stands still. */
  freeze(host: string, program?: Program): Promise<string>;
  thaw(host: string, program?: Program): Promise<string>;
  /** Power cut, if it is not off, and boot with the same disk. */
  reboot(host: string): Promise<string>;
  /** The same with an empty disk. */
  wipe(host: string): Promise<string>;
  /** Another host, by name and (unless `sameAddress`) address, in its place; it is in `lab.hosts` then. */
  replace(host: string, options?: ReplaceOptions): Promise<string>;
  /** etcd's data directory of one host onto another that is off. */
  cloneDisk(from: string, to: string): Promise<string>;
  /** Groups that no longer reach each other, nor the hosts that are in none of them. */
  partition(...groups: string[][]): Promise<string>;
  /** Ends partition, delay and loss; of all hosts when none is named. */
  heal(...hosts: string[]): Promise<string>;
  delay(host: string, ms: number): Promise<string>;
  loss(host: string, percent: number): Promise<string>;
  stopConsul(...hosts: string[]): Promise<string>;
  startConsul(...hosts: string[]): Promise<string>;
  wipeConsul(...hosts: string[]): Promise<string>;
  /** Refuses, and says why. */
  skewClock(host: string): Promise<string>;
}

/** The faults of a lab. */
export function faultsOf(scene: Scene): Faults {
  const one = (name: string) => findHost(scene.state, name);
  const many = (names: string[]) => findHosts(scene.state, names);
  return {
    kill: async (host, program) =>
      program === undefined ? kill(scene, one(host)) : killProgram(scene, one(host), program),
    freeze: async (host, program) => freeze(scene, one(host), program),
    thaw: async (host, program) => thaw(scene, one(host), program),
    reboot: async (host) => reboot(scene, one(host)),
    wipe: async (host) => wipe(scene, one(host)),
    replace: async (host, options) => replace(scene, one(host), options),
    cloneDisk: async (from, to) => cloneDisk(scene, one(from), one(to)),
    partition: async (...groups) => partition(scene, groups.map(many)),
    heal: async (...hosts) => heal(scene, hosts.length === 0 ? scene.state.hosts : many(hosts)),
    delay: async (host, ms) => delay(scene, one(host), ms),
    loss: async (host, percent) => loss(scene, one(host), percent),
    stopConsul: async (...hosts) => stopConsul(many(hosts)),
    startConsul: async (...hosts) => startConsul(many(hosts)),
    wipeConsul: async (...hosts) => wipeConsul(many(hosts)),
    skewClock: async (host) => skewClock(one(host)),
  };
}

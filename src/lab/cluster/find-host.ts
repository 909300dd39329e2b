import { nearest } from '../../spec/suggest.ts';
import type { HostState, LabState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { ownName } from '../target/targets.ts';

/** All hosts of the lab, where several may be named. */
const ALL = 'all';

/** A host by the lab's name of it, or by its own. */
export function findHost({ hosts }: Pick<LabState, 'hosts'>, name: string): HostState {
  const found = hosts.find((host) => host.name === name || ownName(host) === name);
  if (found !== undefined) return found;
  const names = hosts.map((host) => host.name);
  const meant = nearest(name, names);
  const question = meant === undefined ? '' : `Did you mean ${meant}? `;
  throw new LabError(`the lab has no host ${name}`, `${question}It has ${names.join(', ')}.`);
}

/** Hosts by their names, each once; `all` is all of them. */
export function findHosts(state: Pick<LabState, 'hosts'>, names: readonly string[]): HostState[] {
  if (names.length === 1 && names[0] === ALL) return [...state.hosts];
  return [...new Set(names.map((name) => findHost(state, name)))];
}

/** `etcd-1,etcd-2 etcd-3` -> two groups. */
export function groupsOf(words: readonly string[]): string[][] {
  return words.map((word) => word.split(',').filter((name) => name !== '')).filter((group) => group.length > 0);
}

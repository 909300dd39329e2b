import { unequal } from '../target/host-tree.ts';
import { CHANGES, type Change } from './changes.ts';
import { lineOf } from './explained.ts';
import type { Side } from './side.ts';
import { type Step, stepsOf } from './steps.ts';

/** A value that is other than before. */
export interface Value {
  /** As the spec has it: `etcd.peerPort`. */
  key: string;
  before: string | undefined;
  after: string | undefined;
  /** The line of the new spec, or of the old one where the new one has it no longer. */
  line?: string;
}

/** The hosts of one role, on one target. */
export interface HostChange {
  /** `TARGET/ROLE`. */
  hosts: string;
  is: 'the same' | 'other' | 'new' | 'gone';
  added: string[];
  removed: string[];
  changed: string[];
}

export interface Difference {
  values: Value[];
  hosts: HostChange[];
  /** Settings that a living cluster does not take on, or not simply. */
  warned: (Change & { changed: string[] })[];
  steps: Step[];
}

/** The way from one side to the other. Pure. */
export function diff(before: Side, after: Side): Difference {
  // A folder without members says nothing of their cluster.
  const isKnown = before.settings.size > 0 && after.settings.size > 0;
  const settings = isKnown ? valuesOf(before.settings, after.settings) : [];
  const written = before.spec && after.spec ? valuesOf(flat(before.spec), flat(after.spec)) : settings;
  const hosts = [...new Set([...before.hosts.keys(), ...after.hosts.keys()])]
    .sort()
    .map((name) => hostChange(name, before, after));
  const warned = CHANGES.flatMap((change) => {
    const changed = settings.map(({ key }) => key).filter((key) => change.keys.includes(key));
    const counts = change.when?.(before.settings) || change.when?.(after.settings) || change.when === undefined;
    return changed.length > 0 && counts ? [{ ...change, changed }] : [];
  });
  const values = written.map((value) => withLine(value, before, after));
  return { values, hosts, warned, steps: stepsOf({ before, after, settings, values, hosts, warned }) };
}

function valuesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Value[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys
    .map((key) => ({ key, before: before.get(key), after: after.get(key) }))
    .filter((value) => value.before !== value.after);
}

/** Every value of a spec by its key; of a mapping that it is one. */
function flat(value: object, under = ''): Map<string, string> {
  const rows = Object.entries(value).flatMap(([key, inner]): [string, string][] => {
    const name = under === '' ? key : `${under}.${key}`;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return [[name, printed(inner)]];
    return [[name, '(a mapping)'], ...flat(inner as object, name)];
  });
  return new Map(rows);
}

const printed = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function withLine(value: Value, before: Side, after: Side): Value {
  const pointer = `/${value.key.replaceAll('.', '/')}`;
  const sides = value.after === undefined ? [before] : [after, before];
  for (const { place } of sides) {
    const line = place && lineOf(pointer, place, true);
    if (line !== undefined) return { ...value, line: line.split(': ')[0] ?? line };
  }
  return value;
}

function hostChange(name: string, before: Side, after: Side): HostChange {
  const [old, now] = [before.hosts.get(name), after.hosts.get(name)];
  const nothing = { hosts: name, added: [], removed: [], changed: [] };
  if (old === undefined) return { ...nothing, is: 'new' };
  if (now === undefined) return { ...nothing, is: 'gone' };
  const paths = unequal(old.tree, now.tree);
  return {
    hosts: name,
    is: old.handed === now.handed ? 'the same' : 'other',
    added: paths.filter((path) => !old.tree.files.has(path)),
    removed: paths.filter((path) => !now.tree.files.has(path)),
    changed: paths.filter((path) => old.tree.files.has(path) && now.tree.files.has(path)),
  };
}

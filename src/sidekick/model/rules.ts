import { RULES as REAL, type Rules as Sidekick } from '../ready/rules.ts';
import { type Keys, sortKeys } from '../shared/keys.ts';
import type { Entry, Ports } from '../shared/ports.ts';
import { isSigned } from '../shared/proof.ts';
import type { Program } from './program.ts';

/** The rules under test: those of the programs, or what is left of them when one has been taken out. */
export interface Rules {
  sidekick: Sidekick;
  /** The world as a program meets it. */
  ports(ports: Ports, program: Program): Ports;
}

/** Of an entry, whatever schedule it comes from. */
const sorted = new Map<string, Keys>();
const lists = new WeakMap<readonly Entry[], Keys>();

/** Answers of the real one, entry by entry, each once. */
function knownKeys(cluster: string, entries: readonly Entry[]): Keys {
  const known = lists.get(entries);
  if (known !== undefined) return known;
  const all = sortKeys(cluster, []);
  for (const entry of entries) {
    const text = `${entry.modified} ${entry.key} ${entry.value}`;
    let keys = sorted.get(text);
    if (keys === undefined) {
      keys = sortKeys(cluster, [entry]);
      if (sorted.size > 20_000) sorted.clear();
      sorted.set(text, keys);
    }
    all.bootstrap ??= keys.bootstrap;
    for (const what of ['records', 'lists', 'launches', 'retired', 'garbage'] as const) {
      for (const [key, value] of keys[what]) (all[what] as Map<string, unknown>).set(key, value);
    }
  }
  lists.set(entries, all);
  return all;
}

const signatures = new Map<string, boolean>();

function knownSigned(text: string, proof: string | undefined, keys: readonly string[]): boolean {
  if (proof === undefined) return false;
  const name = `${proof} ${keys} ${text}`;
  let is = signatures.get(name);
  if (is === undefined) {
    is = isSigned(text, proof, keys);
    if (signatures.size > 20_000) signatures.clear();
    signatures.set(name, is);
  }
  return is;
}

export const RULES: Rules = {
  sidekick: { ...REAL, sortKeys: knownKeys, isSigned: knownSigned },
  ports: (ports) => ports,
};

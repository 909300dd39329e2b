import { CODES } from '../diagnostic/codes.ts';
import { unitRows } from '../plan/units.ts';
import { segments } from '../spec/pointer.ts';
import { mappings, specSchema } from '../spec/schema/tree.ts';
import { nearest } from '../spec/suggest.ts';
import { ETCD_SETTINGS } from '../version/etcd-settings.ts';
import { explainCode } from './code.ts';
import type { Explained, Known } from './explained.ts';
import { explainFlag } from './flag.ts';
import { explainFile, explainOutput, explainUnit } from './host-file.ts';
import { explainKey } from './key.ts';

/** Everything that a word names: a diagnostic, a key of the spec, a file or unit of the hosts, a flag of etcd's. */
export function explain(word: string, known: Known): Explained[] {
  const found = [explainCode, explainKey, explainUnit, explainFile, explainOutput].flatMap((one) => one(word, known));
  // `name` is a key; `--name` is a flag.
  return found.length > 0 && !word.startsWith('--') ? found : [...found, ...explainFlag(word, known)];
}

/** The name that was probably meant. */
export function meantBy(word: string, { compiled }: Known): string | undefined {
  const keys = mappings(specSchema()).flatMap(({ pointer, node }) =>
    Object.keys(node.properties ?? {}).map((key) => [...segments(pointer), key].join('.')),
  );
  const paths = (compiled?.plans ?? []).flatMap(({ files }) => files.map(({ path }) => path));
  const units = unitRows.map(({ name }) => name);
  const known = [...Object.keys(CODES), ...keys, ...units, ...paths, ...Object.keys(ETCD_SETTINGS)];
  const suffix = keys.filter((key) => key.endsWith(`.${word}`));
  return suffix.length === 1 ? suffix[0] : nearest(word, known);
}

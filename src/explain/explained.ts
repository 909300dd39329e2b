import type { Compiled } from '../compile.ts';
import type { Assets } from '../plan/plan.ts';
import type { PlaceOf } from '../spec/read.ts';

/** The answer to what something is: rows of a label and its lines. */
export interface Explained {
  kind: 'code' | 'key' | 'file' | 'unit' | 'flag';
  name: string;
  facts: Fact[];
}

export type Fact = readonly [label: string, ...lines: string[]];

/** Everything that an answer may draw on. */
export interface Known {
  assets: Assets;
  /** By the unit's name, or `static-pod/NAME`: why it is as it is (units/README.md). */
  reasons: Readonly<Record<string, string>>;
  /** A spec, if the user has named one. */
  compiled?: Compiled;
}

/** The line of the spec that stands for a pointer, as `cluster.yaml:3: size: 3`; undefined where nothing of it is written. */
export function lineOf(pointer: string, place: PlaceOf, exactly = false): string | undefined {
  const found = pointer === '' ? undefined : place(pointer, 'key');
  if (found === undefined) return undefined;
  const key = pointer.split('/').at(-1) ?? '';
  const marked = found.lineText.slice(found.column - 1, found.column - 1 + found.length);
  if (exactly && !/^\d+$/.test(key) && marked.replace(/^["']|["']$/g, '') !== key) return undefined;
  return `${found.file}:${found.line}: ${found.lineText.trim()}`;
}

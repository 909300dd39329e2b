import type { Code } from '../diagnostic/codes.ts';
import { diagnose } from '../diagnostic/diagnose.ts';
import type { Diagnostic, Place } from '../diagnostic/diagnostic.ts';
import { type Spec, settled } from './defaults.ts';
import type { Spot } from './locate.ts';
import { isWithin, parent } from './pointer.ts';
import type { Problem } from './problem.ts';
import { checkRules } from './rules.ts';
import { masked } from './secret.ts';
import { type Source, toSource } from './source.ts';
import { validate } from './validate.ts';
import { parseYaml } from './yaml.ts';

/** More than this nobody reads; an error in the front matter may cause thousands. */
const LIMIT = 100;

/** Finds the place of what a pointer names, or of the deepest part of it that is written. */
export type PlaceOf = (pointer: string, on?: 'key' | 'value') => Place | undefined;

export interface ReadSpec {
  /** Every default filled in; missing when there is any error. */
  spec?: Spec;
  /** Sorted by place; each has one, and none is reported twice. */
  diagnostics: Diagnostic[];
  /** Gives undefined only when the text is no YAML mapping at all. */
  place: PlaceOf;
}

/**
 * Reads a spec and reports everything that is wrong with it at once: the text, the schema, and the rules across
 * fields whose inputs are valid. Never throws for any text.
 *
 * @param file the name that places carry
 * @param targets names of the targets that there are
 * @param excuse a reason that allows what `allow` may, beside those of the spec
 */
export function readSpec(text: string, file: string, targets: readonly string[], excuse?: string): ReadSpec {
  const source = toSource(text, file);
  const { parsed, diagnostics } = parseYaml(source);
  if (parsed === undefined) return { diagnostics: limited(inOrder(diagnostics)), place: () => undefined };

  const { value, spots, duplicates } = parsed;
  const place = placeIn(source, spots);
  // Under a key that is written twice one half is hidden: what is missing there may well be in the other.
  const { problems, filled } = validate(value, 'spec', textIn(source, spots));
  const shown = problems.filter(({ pointer }) => !duplicates.some((key) => isWithin(pointer, key)));
  const isWritten = (pointer: string) => spots.has(pointer);
  // A default in place of a key that is misspelt is not what the user wants.
  const hidden = shown.flatMap(({ meant = [] }) => meant).filter((pointer) => !isWritten(pointer));
  const invalid = [...shown.map(({ pointer }) => pointer), ...hidden, ...duplicates];
  const broken = checkRules(filled, { invalid, isWritten, targets, excuse });
  const all = [...diagnostics, ...[...shown, ...broken].map((problem) => toDiagnostic(problem, place))];
  const sorted = inOrder(all).map((one) => ({ ...one, message: masked(one.message) }));
  if (sorted.some(({ severity }) => severity === 'error')) return { diagnostics: limited(sorted), place };
  // Valid by the schema: ajv has just said so.
  return { spec: settled(filled as Spec), diagnostics: sorted, place };
}

/** The text at a pointer. */
export function textIn(source: Source, spots: ReadonlyMap<string, Spot>): (pointer: string) => string | undefined {
  return (pointer) => {
    const range = spots.get(pointer)?.value;
    return range && source.text.slice(range.start, range.end);
  };
}

export function placeIn(source: Source, spots: ReadonlyMap<string, Spot>): PlaceOf {
  return (pointer, on = 'value') => {
    for (let at: string | undefined = pointer; at !== undefined; at = parent(at)) {
      const spot = spots.get(at);
      // A fallback marks the key of what is there: the whole block says nothing more.
      const isKey = on === 'key' || at !== pointer;
      const range = isKey ? (spot?.key ?? spot?.value) : (spot?.value ?? spot?.key);
      if (range !== undefined) return source.at(range.start, at === '' ? range.start : range.end);
    }
    return undefined;
  };
}

function toDiagnostic({ code, on, ...problem }: Problem, place: PlaceOf): Diagnostic {
  return diagnose(code, { ...problem, place: place(problem.pointer, on) });
}

function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const position = ({ place }: Diagnostic) => [place?.line ?? 0, place?.column ?? 0] as const;
  return [...diagnostics].sort((left, right) => {
    const [leftLine, leftColumn] = position(left);
    const [rightLine, rightColumn] = position(right);
    return leftLine - rightLine || leftColumn - rightColumn || (left.code < right.code ? -1 : 1);
  });
}

function limited(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  if (diagnostics.length <= LIMIT) return [...diagnostics];
  const code: Code = 'too-many-problems';
  const place = diagnostics[LIMIT]?.place;
  const message = `${diagnostics.length - LIMIT} more problems from here on.`;
  return [...diagnostics.slice(0, LIMIT), diagnose(code, { message, pointer: '', place })];
}

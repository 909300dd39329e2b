import { parent, segments } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import type { SpecInput } from '../schema/schema.ts';

type Partial<T> = T extends readonly (infer Item)[]
  ? readonly (Item | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partial<T[Key]> | undefined }
    : T;

/** A spec that may have errors: whatever is invalid or missing is undefined, the rest has its defaults. */
export type Draft = Partial<SpecInput>;

export interface RuleContext {
  /** Whether the user wrote something at this pointer (it may also be a default). */
  isWritten(pointer: string): boolean;
  /** Whether something is wrong at this pointer, or a misspelt key stands for it: what is missing there may be meant. */
  isInvalid(pointer: string): boolean;
  /** Names of the targets that there are. */
  targets: readonly string[];
}

/** A mapping where there may be a word in its place, which says that there is none. */
export const mappingOr = <T>(value: T | string | undefined): T | undefined =>
  typeof value === 'object' ? value : undefined;

/** A rule across fields. Reads what it finds, and says nothing where an input is undefined. */
export type Rule = (draft: Draft, context: RuleContext) => Problem[];

/** Makes the draft of a value that has its defaults: everything at an invalid pointer is taken out. */
export function toDraft(value: unknown, invalid: readonly string[]): Draft {
  if (!isObject(value)) return {};
  const copy: unknown = structuredClone(value);
  for (const pointer of invalid) {
    if (pointer === '') return {};
    const holder = at(copy, parent(pointer) ?? '');
    const key = segments(pointer).at(-1) ?? '';
    if (isObject(holder) && Object.hasOwn(holder, key)) holder[key] = undefined;
  }
  return copy as Draft;
}

function at(value: unknown, pointer: string): unknown {
  let inner = value;
  for (const segment of segments(pointer)) {
    if (!isObject(inner) || !Object.hasOwn(inner, segment)) return undefined;
    inner = inner[segment];
  }
  return inner;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

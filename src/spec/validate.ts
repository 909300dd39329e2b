import type { ErrorObject } from 'ajv';
import { EXPLAIN, type Explained, type Mismatch } from './explain.ts';
import { child, isWithin, parent, segments } from './pointer.ts';
import { type SchemaNode, schemaAt } from './schema/tree.ts';
import { check, SCHEMAS } from './validators.ts';

/** A kind of document, and what messages call it. */
export interface DocumentKind {
  root: SchemaNode;
  /** `The spec` … */
  called: string;
}

const CALLED: Readonly<Record<keyof typeof SCHEMAS, string>> = { spec: 'The spec', lock: 'The lock file' };

/**
 * Checks a value against a schema: one problem for each mistake, and the value with every default filled in.
 *
 * @param sourceText the text that stands at a pointer, for messages and for putting it into quotes
 */
export function validate(
  value: unknown,
  name: keyof typeof SCHEMAS,
  sourceText: (pointer: string) => string | undefined,
): { problems: Explained[]; filled: unknown } {
  const filled = structuredClone(value);
  const errors = check(name, filled);
  if (errors.length === 0) return { problems: [], filled };
  const kind = { root: SCHEMAS[name], called: CALLED[name] };
  const mismatches = errors.flatMap((error) => toMismatch(error, value, kind, sourceText));
  return { problems: withoutEchoes(mismatches).map((mismatch) => EXPLAIN[mismatch.keyword](mismatch)), filled };
}

function toMismatch(
  error: ErrorObject,
  value: unknown,
  kind: DocumentKind,
  sourceText: (pointer: string) => string | undefined,
): Mismatch[] {
  // `if` only says that `then` or `else` failed, which has reported itself.
  if (error.keyword === 'if') return [];
  if (!Object.hasOwn(EXPLAIN, error.keyword)) throw new Error(`no message for the schema keyword ${error.keyword}`);
  const keyword = error.keyword as Mismatch['keyword'];
  const at = error.instancePath;
  const params: Readonly<Record<string, unknown>> = error.params;
  const name = params['missingProperty'] ?? params['additionalProperty'];
  const item = keyword === 'uniqueItems' ? Math.max(Number(params['i']), Number(params['j'])) : undefined;
  const pointer = typeof name === 'string' ? child(at, name) : item === undefined ? at : child(at, item);
  const schema = schemaAt(kind.root, at) ?? kind.root;
  return [
    { kind, keyword, pointer, holder: at, schema, params, value: valueAt(value, pointer), source: sourceText(pointer) },
  ];
}

/** Of several mismatches that come from one mistake keeps the one that names it best. */
function withoutEchoes(mismatches: readonly Mismatch[]): Mismatch[] {
  const order = Object.keys(EXPLAIN);
  const best = new Map<string, Mismatch>();
  for (const mismatch of mismatches) {
    const other = best.get(mismatch.pointer);
    if (other === undefined || order.indexOf(mismatch.keyword) < order.indexOf(other.keyword))
      best.set(mismatch.pointer, mismatch);
  }
  const kept = [...best.values()];
  const unknown = kept.filter(({ keyword }) => keyword === 'additionalProperties');
  const meant = unknown.flatMap((mismatch) => EXPLAIN.additionalProperties(mismatch).meant ?? []);
  return kept.filter(({ keyword, pointer }) => {
    // A misspelt key is missing under its right name, and is one too many; a misplaced one leaves its place empty.
    if (keyword === 'required') return !meant.some((other) => isWithin(other, pointer));
    if (keyword === 'maxProperties' || keyword === 'minProperties') {
      return !unknown.some((other) => parent(other.pointer) === pointer);
    }
    return true;
  });
}

function valueAt(value: unknown, pointer: string): unknown {
  let inner = value;
  for (const segment of segments(pointer)) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, segment)) return undefined;
    inner = (inner as Record<string, unknown>)[segment];
  }
  return inner;
}

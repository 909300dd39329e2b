import { child } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import { secretIn } from '../secret.ts';
import type { Rule } from './draft.ts';

/** Rules of their own name secrets in these. */
const ELSEWHERE = /^\/(?:consul\/join|releases\/index)\b/;

function walk(value: unknown, pointer: string): Problem[] {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, inner]) => walk(inner, child(pointer, key)));
  const what = typeof value === 'string' && !ELSEWHERE.test(pointer) ? secretIn(value) : undefined;
  return what === undefined ? [] : [{ code: 'spec-secret', pointer, message: `There is ${what} in it.` }];
}

/** No secret by any form that is known: what is in a spec is in user-data. */
export const secrets: Rule = (draft) => walk(draft, '');

import type { Examples } from './example.ts';
import { EXTRA_ONES } from './extra.ts';
import { PROGRAM } from './program.ts';
import { SECRET } from './secret.ts';
import { SPEC } from './spec.ts';
import { TARGET } from './target.ts';

/** Of each code that a spec can show. */
export const EXAMPLES: Examples = { ...SPEC, ...SECRET, ...PROGRAM, ...EXTRA_ONES, ...TARGET };

import type { Code } from '../diagnostic/codes.ts';
import type { Occurrence } from '../diagnostic/diagnose.ts';

/** One thing that is wrong with a value, before it has a place in the text. */
export interface Problem extends Omit<Occurrence, 'place'> {
  code: Code;
  /** The part to mark. Default: the value. */
  on?: 'key' | 'value';
}

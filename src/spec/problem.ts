import type { Code, Finding } from '../diagnostic/codes.ts';

/** A finding about a value, before it has a place in the text. */
export interface Problem extends Omit<Finding, 'place'> {
  code: Code;
  /** What to mark: the key or its value. Default: the value. */
  on?: 'key' | 'value';
}

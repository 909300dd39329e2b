import { aws } from './aws/emit.ts';
import type { Target } from './target.ts';

/** The one list of targets. */
export const targets: readonly Target[] = [aws];

import test from 'ava';
import { decide } from '../ready/decide.ts';
import type { Observed } from '../ready/observed.ts';
import { findStory } from './check.ts';
import { RULES, type Rules } from './rules.ts';

/** Without one rule, the model finds a way to break things: the rule is needed, and the model would notice. */
export const needed = test.macro((t, rules: Partial<Rules>, expected: RegExp) => {
  t.timeout(120_000);
  const story = findStory(20_000, { ...RULES, ...rules });
  t.log(story);
  t.regex(story ?? '', expected);
});

/** decide() as if it had seen something else. */
export const seeing = (change: (seen: Observed) => Observed): Partial<Rules> => ({
  decide: (seen) => decide(change(seen)),
});

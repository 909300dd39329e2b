import { type Spec, settled } from './defaults.ts';
import type { SpecInput } from './schema/schema.ts';
import { check } from './validators.ts';

/** A valid spec with its defaults. */
export function withDefaults(input: SpecInput): Spec {
  const filled: unknown = structuredClone(input);
  check('spec', filled);
  return settled(filled as Spec);
}

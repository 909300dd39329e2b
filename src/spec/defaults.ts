import type { Filled } from './schema/parts.ts';
import type { SpecInput, SpecSchema } from './schema/schema.ts';
import { check } from './validators.ts';

/** A spec with every default filled in: what plan/ works on. `consul.count` is 0 unless `consul.servers` is `role`. */
export type Spec = Filled<typeof SpecSchema>;

/** A valid spec with its defaults. */
export function withDefaults(input: SpecInput): Spec {
  const filled: unknown = structuredClone(input);
  check('spec', filled);
  return settled(filled as Spec);
}

/** A default may be moot where another key says so. */
export function settled(spec: Spec): Spec {
  const { consul } = spec;
  return { ...spec, consul: { ...consul, count: consul.servers === 'role' ? consul.count : 0 } };
}

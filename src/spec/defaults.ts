import type { Filled } from './schema/parts.ts';
import type { SpecSchema } from './schema/schema.ts';

/** A spec with every default filled in: what plan/ works on. `consul.count` is 0 unless `consul.servers` is `role`. */
export type Spec = Filled<typeof SpecSchema>;

/** A default may be moot where another key says so. */
export function settled(spec: Spec): Spec {
  const { consul } = spec;
  return { ...spec, consul: { ...consul, count: consul.servers === 'role' ? consul.count : 0 } };
}

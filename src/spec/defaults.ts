import { delivered, type Secured } from './delivered.ts';
import type { Filled } from './schema/parts.ts';
import type { SpecSchema } from './schema/schema.ts';

/** A spec with every default filled in, as it was written. */
export type Written = Filled<typeof SpecSchema>;

/**
 * The spec that plan/ works on. Files of TLS and of Consul are those that the spec names, or those that its secrets bring; `off` is no word any more but `tls`'s own.
 * `consul.count` is 0 unless `consul.servers` is `role`.
 */
export type Spec = Omit<Written, 'tls' | 'consul'> & {
  tls: Secured['tls'];
  consul: Omit<Written['consul'], 'encrypt' | 'tls' | 'tokens'> & Secured['consul'];
};

/** A default may be moot where another key says so. */
export function settled(written: Written): Spec {
  const { encrypt, tls, tokens, ...consul } = written.consul;
  const secured = delivered(written);
  const count = consul.servers === 'role' ? consul.count : 0;
  return { ...written, tls: secured.tls, consul: { ...consul, count, ...secured.consul } };
}

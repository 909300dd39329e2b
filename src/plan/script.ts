import { sha256 } from '../format/hash.ts';
import type { Spec } from '../spec/defaults.ts';
import { isScript } from '../spec/schema-program.ts';
import type { Assets } from './plan.ts';

/** The sidekicks as a script that hosts fetch: the compiler's own bytes, and where the user puts them. */
export interface OwnScript {
  bytes: Uint8Array;
  url: string;
}

/**
 * The spec with the hash of the compiler's own script, where the sidekicks come as a script and the spec gives no hash: and
 * that script. A hash that is given is that of what is at the URL already.
 */
export function withOwnScript(spec: Spec, { sidekicks }: Assets): { spec: Spec; script?: OwnScript } {
  const { sidekick } = spec.programs;
  if (!isScript(sidekick) || sidekick.sha256 !== undefined) return { spec };
  const bytes = new TextEncoder().encode(sidekicks['etcd-sidekick']);
  const own = { ...sidekick, sha256: sha256(bytes) };
  return { spec: { ...spec, programs: { ...spec.programs, sidekick: own } }, script: { bytes, url: sidekick.url } };
}

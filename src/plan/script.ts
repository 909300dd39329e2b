import { sha256 } from '../format/hash.ts';
import type { Spec } from '../spec/defaults.ts';
import { isScript } from '../spec/schema/program.ts';
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
  const { bytes, hash } = scriptOf(sidekicks);
  const own = { ...sidekick, sha256: hash };
  return { spec: { ...spec, programs: { ...spec.programs, sidekick: own } }, script: { bytes, url: sidekick.url } };
}

const known = new WeakMap<Assets['sidekicks'], { bytes: Uint8Array; hash: string }>();

/** Hashed once: it takes as long as a third of all else that a spec needs. */
function scriptOf(sidekicks: Assets['sidekicks']): { bytes: Uint8Array; hash: string } {
  const earlier = known.get(sidekicks);
  if (earlier !== undefined) return earlier;
  const bytes = new TextEncoder().encode(sidekicks['etcd-sidekick']);
  const script = { bytes, hash: sha256(bytes) };
  known.set(sidekicks, script);
  return script;
}

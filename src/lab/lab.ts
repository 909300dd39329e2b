import { type Assets, type Compiled, compile } from '../compile.ts';
import { ensureArtifact, offerFor } from './artifacts.ts';
import { boot, type LabOptions } from './boot.ts';
import type { Lab } from './handle.ts';
import { LabError } from './lab-error.ts';
import { layoutOf } from './layout.ts';
import type { Seen } from './look.ts';
import { overlay } from './overlay.ts';
import { prepareMachine } from './preconditions.ts';
import type { Watched } from './watch.ts';

export interface UpOptions extends LabOptions {
  /** The spec, as the user wrote it. */
  text: string;
  /** Its name in diagnostics. */
  file: string;
  assets: Assets;
  size?: number | undefined;
}

export interface CompiledForLab {
  compiled: Compiled;
  changes: string[];
}

/** Compiles a spec as the lab can boot it. Without files in it, the diagnostics say why. */
export async function compileForLab(options: UpOptions): Promise<CompiledForLab> {
  const { text, file, assets, size, signal, say = () => {} } = options;
  const first = compile(text, { file, assets });
  if (first.spec === undefined) return { compiled: first, changes: [] };
  const { cache } = layoutOf(options.directory);
  await prepareMachine(say, signal);
  const consul = await ensureArtifact(cache, offerFor('consul', first.spec.consul.version), say, signal);
  const etcd = await ensureArtifact(cache, offerFor('etcd', first.spec.etcd.version), say, signal);
  const changes: string[] = [];
  const compiled = compile(text, {
    file,
    assets,
    overlay: (spec) => {
      const overlaid = overlay(spec, { target: options.target ?? 'aws', size, consul, etcd });
      changes.splice(0, changes.length, ...overlaid.changes);
      return overlaid.spec;
    },
  });
  return { compiled, changes };
}

/** Compiles and boots; waits for nothing. Throws with the first error of the spec. */
export async function start(options: UpOptions): Promise<Lab> {
  const { compiled, changes } = await compileForLab(options);
  const error = compiled.diagnostics.find(({ severity }) => severity === 'error');
  if (error !== undefined || compiled.spec === undefined) {
    throw new LabError(error?.message ?? `${options.file} did not compile`, error?.remedy ?? '');
  }
  for (const change of changes) options.say?.(`for the lab: ${change}`);
  return boot(compiled.files, compiled.spec, options);
}

export interface WaitOptions {
  timeoutSeconds?: number;
  onLook?: (seen: Seen[]) => void;
}

export type UpLab = Lab & { watched: Watched };

/** For tests and benches: a lab whose hosts are all up, or an error and nothing left. */
export async function up(options: UpOptions & WaitOptions): Promise<UpLab> {
  const lab = await start(options);
  try {
    const { timeoutSeconds = 180, onLook, signal } = options;
    const watched = await lab.wait({ timeoutSeconds, signal, ...(onLook === undefined ? {} : { onLook }) });
    if (watched.outcome === 'up') return { ...lab, watched };
    const where = watched.seen
      .filter((seen) => !seen.up)
      .map(({ host, step, status }) => `${host.name}: ${step} ${status}`);
    throw new LabError(`the hosts are not up (${watched.outcome}): ${where.join('; ')}`, 'Look at their journals.');
  } catch (error) {
    await lab.down();
    throw error;
  }
}

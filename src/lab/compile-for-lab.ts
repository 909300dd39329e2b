import { type Assets, type Compiled, compile, type OutputFile } from '../compile.ts';
import type { Spec } from '../spec/defaults.ts';
import { withReleases } from '../spec/locked.ts';
import { ensureArtifact, offerFor } from './artifacts.ts';
import { LabError } from './lab-error.ts';
import { layoutOf } from './layout.ts';
import { type OverlayOptions, overlay } from './overlay.ts';
import { prepareMachine } from './preconditions.ts';
import { ensureSidekick } from './single-executable.ts';
import { DEFAULT_TARGETS, labTarget } from './target/targets.ts';

export interface SpecSource {
  /** The spec, as the user wrote it. */
  text: string;
  /** Its name in diagnostics. */
  file: string;
  assets: Assets;
  size?: number | undefined;
}

export interface CompileSettings extends Pick<OverlayOptions, 'guestOf' | 'join'> {
  directory?: string | undefined;
  /** How the hosts boot. Default: `aws`. */
  targets?: readonly string[] | undefined;
  say?: (line: string) => void;
  signal?: AbortSignal | undefined;
}

export interface CompiledForLab {
  compiled: Compiled;
  changes: string[];
}

/** Compiles a spec as the lab can boot it. Without files in it, the diagnostics say why. */
export async function compileForLab(options: SpecSource & CompileSettings): Promise<CompiledForLab> {
  const { text, file, assets, size, guestOf, join, signal, say = () => {} } = options;
  // The lab brings its own programs: what a lock file would say of them does not matter.
  const first = compile(text, { file, assets, overlay: (spec) => withReleases(spec) });
  if (first.spec === undefined) return { compiled: first, changes: [] };
  const { cache } = layoutOf(options.directory);
  await prepareMachine(say, signal);
  const consul = await ensureArtifact(cache, offerFor('consul', first.spec.consul.version), say, signal);
  const etcd = await ensureArtifact(cache, offerFor('etcd', first.spec.etcd.version), say, signal);
  const targets = (options.targets ?? DEFAULT_TARGETS).map(labTarget);
  const inline = first.spec.programs.sidekick === 'inline' && !targets.some(({ withoutNode }) => withoutNode);
  const sidekick = inline ? undefined : await ensureSidekick(cache, say, signal);
  const compiles = [...new Set(targets.map((target) => target.compiles))];
  const metadata = targets.every((target) => target.metadata === 'ec2') ? 'ec2' : undefined;
  const changes: string[] = [];
  const compiled = compile(text, {
    file,
    assets,
    overlay: (spec) => {
      const overlaid = overlay(spec, { targets: compiles, metadata, size, consul, etcd, sidekick, guestOf, join });
      changes.splice(0, changes.length, ...overlaid.changes);
      return overlaid.spec;
    },
  });
  return { compiled, changes };
}

/** A cluster that can be booted: the spec after the lab's overlay, and what it compiled to. */
export interface Bootable {
  files: readonly OutputFile[];
  spec: Spec;
}

/** The same; throws with the first error of the spec, and tells the changes. */
export async function bootableFrom(options: SpecSource & CompileSettings): Promise<Bootable> {
  const { compiled, changes } = await compileForLab(options);
  const error = compiled.diagnostics.find(({ severity }) => severity === 'error');
  if (error !== undefined || compiled.spec === undefined) {
    throw new LabError(error?.message ?? `${options.file} did not compile`, error?.remedy ?? '');
  }
  for (const change of changes) options.say?.(`for the lab: ${change}`);
  return { files: compiled.files, spec: compiled.spec };
}

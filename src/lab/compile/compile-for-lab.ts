import { type Assets, type Compiled, compile, type OutputFile } from '../../compile.ts';
import type { Spec } from '../../spec/defaults.ts';
import type { LockFile } from '../../spec/lock.ts';
import { withReleases } from '../../spec/locked.ts';
import { isScript } from '../../spec/schema/program.ts';
import { type Kubelet, provideKubelet } from '../image/kubelet-program.ts';
import { ensurePauseImage, ensurePodImage } from '../image/pod-image.ts';
import type { Artifact, Served } from '../image/program/artifacts.ts';
import type { FetchOptions } from '../image/program/fetched.ts';
import { provide, provideNode, type Versions, versionsOf } from '../image/program/provide.ts';
import { ensureScript, ensureSidekick } from '../image/single-executable.ts';
import { LabError } from '../machine/lab-error.ts';
import { layoutOf } from '../machine/layout.ts';
import { prepareMachine } from '../machine/preconditions.ts';
import type { LabTarget } from '../target/lab-target.ts';
import { DEFAULT_TARGETS, labTarget } from '../target/targets.ts';
import { labOperatorKey } from './operator-key.ts';
import { type OverlayOptions, overlay, STAND_INS } from './overlay.ts';
import { lockedIn, type WantedPrograms, wantedPrograms } from './wanted-programs.ts';

export interface SpecSource {
  /** The spec, as the user wrote it. */
  text: string;
  /** Its name in diagnostics. */
  file: string;
  assets: Assets;
  /** The lock file beside it, for programs by release. */
  lock?: LockFile | undefined;
  size?: number | undefined;
}

export interface CompileSettings extends Pick<OverlayOptions, 'guestOf' | 'join' | 'secretsInImage'>, Versions {
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
  const { text, file, assets, size, guestOf, join, secretsInImage, signal, say = () => {} } = options;
  let written: Spec | undefined;
  const first = compile(text, {
    file,
    assets,
    excuse: STAND_INS,
    overlay: (spec) => {
      written = spec;
      return withReleases(spec);
    },
  });
  if (first.spec === undefined || written === undefined) return { compiled: first, changes: [] };
  const layout = layoutOf(options.directory);
  const { cache } = layout;
  await prepareMachine(say, signal);
  const asked = versionsOf(options);
  const { consul, etcd, node, notes } = await programsOf(wantedPrograms(written, lockedIn(options), asked), {
    ...{ cache, say, signal },
    offline: asked.offline,
  });
  const targets = (options.targets ?? DEFAULT_TARGETS).map(labTarget);
  const sidekick = await sidekickFor(
    first.spec,
    targets,
    () => ensureSidekick(cache, say, signal),
    () => ensureScript(cache, assets.sidekicks['etcd-sidekick'] ?? ''),
  );
  const images = await podImages(first.spec, targets, [consul, etcd], (artifact) =>
    ensurePodImage(cache, artifact, say, signal),
  );
  const kubelet = await kubeletFor(images, cache, () => ensurePauseImage(cache, say, signal));
  const compiles = [...new Set(targets.map((target) => target.compiles))];
  const metadata = targets.every((target) => target.metadata === 'ec2') ? 'ec2' : undefined;
  const changes: string[] = [];
  const compiled = compile(text, {
    file,
    assets,
    excuse: STAND_INS,
    overlay: (spec) => {
      const overlaid = overlay(spec, {
        targets: compiles,
        metadata,
        size,
        consul,
        etcd,
        node,
        images,
        kubelet: kubelet?.program,
        sidekick,
        operatorKey: labOperatorKey(layout),
        guestOf,
        join,
        secretsInImage,
      });
      changes.splice(0, changes.length, ...notes, ...(kubelet ? [kubelet.note] : []), ...overlaid.changes);
      return overlaid.spec;
    },
  });
  return { compiled, changes };
}

/** The programs of a spec as the lab can serve them, with what has to be said of them. */
async function programsOf(wanted: WantedPrograms, options: FetchOptions) {
  const [consul, etcd, node] = await Promise.all([
    provide(wanted.consul, options),
    provide(wanted.etcd, options),
    wanted.node && provideNode(wanted.node, options),
  ]);
  const notes = [consul.note, etcd.note, node?.note].filter((note) => note !== undefined);
  return { consul: consul.program, etcd: etcd.program, node: node?.program, notes };
}

/** How the sidekicks come: inline, as the script of these very sources, or as an executable. */
function sidekickFor(
  { programs: { sidekick } }: Spec,
  targets: readonly LabTarget[],
  executable: () => Promise<Served>,
  script: () => Promise<Served>,
): Promise<Served> | undefined {
  if (targets.some(({ withoutNode }) => withoutNode)) return executable();
  if (sidekick === 'inline') return undefined;
  return isScript(sidekick) ? script() : executable();
}

/** The images of what a spec runs as static pods; undefined when it is nothing. */
async function podImages(
  spec: Spec,
  targets: readonly LabTarget[],
  artifacts: readonly Artifact[],
  image: (artifact: Artifact) => Promise<string>,
): Promise<OverlayOptions['images']> {
  const inPods = artifacts.filter(({ program }) => spec[program].runtime === 'static-pod');
  if (inPods.length === 0) return undefined;
  if (!targets.every(({ runsPods }) => runsPods)) {
    throw new LabError(
      'the spec has static pods, which only hosts of the target `kubelet` can run here',
      'Boot it with `--target kubelet`.',
    );
  }
  const pairs: [string, string][] = [];
  for (const artifact of inPods) pairs.push([artifact.program, await image(artifact)]);
  return Object.fromEntries(pairs);
}

/** The kubelet of hosts that run pods, and the image that a real one needs besides theirs. */
async function kubeletFor(
  images: OverlayOptions['images'],
  cache: string,
  pause: () => Promise<void>,
): Promise<Kubelet | undefined> {
  if (images === undefined) return undefined;
  const kubelet = await provideKubelet(cache);
  if (kubelet.program !== undefined) await pause();
  return kubelet;
}

/** A cluster that can be booted: the spec after the lab's overlay, and what it compiled to. */
export interface Bootable {
  files: readonly OutputFile[];
  spec: Spec;
}

/** Compiles for the lab; throws with the first error of the spec, and tells the changes. */
export async function bootableFrom(options: SpecSource & CompileSettings): Promise<Bootable> {
  const { compiled, changes } = await compileForLab(options);
  const error = compiled.diagnostics.find(({ severity }) => severity === 'error');
  if (error !== undefined || compiled.spec === undefined) {
    throw new LabError(error?.message ?? `${options.file} did not compile`, error?.remedy ?? '');
  }
  for (const change of changes) options.say?.(`for the lab: ${change}`);
  return { files: compiled.files, spec: compiled.spec };
}

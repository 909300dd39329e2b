import type { OutputFile } from '../compile.ts';
import type { Spec } from '../spec/defaults.ts';
import { securedBy, stateBeside } from './cluster/beside.ts';
import { labSteps, type Planned } from './cluster/lab-steps.ts';
import { asLaunched, type Launched } from './cluster/launch.ts';
import { seedsOf } from './cluster/seeds.ts';
import { hasTraces, lockLab, takeDown } from './cluster/take-down.ts';
import type { Bootable } from './compile/compile-for-lab.ts';
import { type Lab, labHandle } from './handle.ts';
import type { HostFile } from './host/host.ts';
import { isRunning, type LabState, readState } from './host/state.ts';
import { ensureImage, type Image } from './image/image.ts';
import { type ImageName, imageOr } from './image/image-recipe.ts';
import { type Versions, versionsOf } from './image/program/provide.ts';
import { LabError } from './machine/lab-error.ts';
import { type Layout, layoutBeside, layoutOf } from './machine/layout.ts';
import { prepareMachine } from './machine/preconditions.ts';
import { runSteps } from './machine/steps.ts';
import { type HostPlan, hostsOf, networkOf } from './network/addresses.ts';
import type { ServeCommand } from './network/servers.ts';
import { DEFAULT_TARGETS, inTurn, labTarget } from './target/targets.ts';

export interface LabOptions extends Versions {
  /** State directory; default: QUORUMGATE_LAB_DIR, else /var/lib/quorumgate-lab. */
  directory?: string;
  /** Distribution of the hosts; default: QUORUMGATE_LAB_IMAGE, else bookworm. */
  image?: ImageName;
  /** How hosts boot; they get several in turn. Default: `aws`. */
  targets?: readonly string[] | undefined;
  /** Hosts start at random moments within so many seconds, decided by `seed`. */
  startSpread?: number;
  seed?: number;
  say?: (line: string) => void;
  signal?: AbortSignal | undefined;
  /** Instances that a cloud has launched for the members, in the order of their numbers; else addresses are the lab's choice. */
  launched?: readonly Launched[] | undefined;
  /** Files to put on a host before it boots. */
  hostFiles?: (host: HostPlan) => HostFile[];
  /** A directory that is laid over the image of each host, as if that had been baked with it. */
  layer?: string | undefined;
  serveCommand?: ServeCommand | undefined;
}

/** Refuses beside a lab that runs; cleans up after one that crashed. */
async function clearTheGround(layout: Layout, say: (line: string) => void): Promise<void> {
  if (!hasTraces(layout)) return;
  assertFree(layout);
  say(`an earlier lab in ${layout.directory} ended without being taken down: cleaning up after it`);
  await takeDown(layout);
}

/** @throws LabError when a lab runs there: before anything is prepared for another one */
export function assertFree(layout: Layout = layoutOf()): void {
  if (readState(layout)?.phase === 'running' && isRunning(layout)) {
    throw new LabError(
      `a lab is running already in ${layout.directory}`,
      'End it with `quorumgate lab down`, look at it with `quorumgate lab status`, or set QUORUMGATE_LAB_DIR.',
    );
  }
}

/** A cluster beside the first. */
export type ClusterBeside = Bootable & Pick<LabOptions, 'hostFiles'>;

/**
 * Boots the hosts of a spec (after the lab's overlay) from compiled files, and among them those of clusters beside it.
 * Does not wait until they are up.
 */
export async function boot(
  files: readonly OutputFile[],
  spec: Spec,
  options: LabOptions = {},
  beside: readonly ClusterBeside[] = [],
): Promise<Lab> {
  const { say = () => {}, signal } = options;
  const targets = (options.targets ?? DEFAULT_TARGETS).map(labTarget);
  const layout = layoutOf(options.directory);
  await prepareMachine(say, signal, Object.assign({}, ...targets.map(({ tools }) => tools)));
  const release = await lockLab(layout);
  try {
    await clearTheGround(layout, say);
    const image = imageOr(options.image);
    const images: Partial<Record<ImageName, Image>> = {};
    for (const name of targets.flatMap((target) => [target.image ?? image, ...(target.machines?.images ?? [])])) {
      const made = await ensureImage({ cache: layout.cache, name, say, signal });
      // Written as overlayfs has several layers.
      images[name] = options.layer === undefined ? made : { ...made, directory: `${options.layer}:${made.directory}` };
    }
    const network = networkOf(spec);
    const names = targets.map(({ name }) => name);
    const state: LabState = {
      version: 1,
      phase: 'starting',
      cluster: { name: spec.cluster.name, size: spec.cluster.size },
      targets: names,
      versions: versionsOf(options),
      image,
      images,
      network,
      secured: securedBy(spec),
      hosts: asLaunched(inTurn(hostsOf(spec, network), names), options.launched),
    };
    const first: Planned = { layout, state, seeds: seedsOf({ files, spec }, state, options.hostFiles) };
    const others: Planned[] = [];
    for (const one of beside) {
      const known = others.map((other) => other.state);
      const its = stateBeside(state, known, one.spec);
      const place = layoutBeside(layout, its.cluster.name);
      others.push({ layout: place, state: its, seeds: seedsOf(one, its, one.hostFiles) });
    }
    await runSteps(labSteps(first, others, options), signal);
    return labHandle(first, others);
  } finally {
    await release();
  }
}

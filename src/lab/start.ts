import { boot, type ClusterBeside, type LabOptions } from './boot.ts';
import { bootableFrom, type SpecSource } from './compile/compile-for-lab.ts';
import type { Lab } from './handle.ts';
import { LabError } from './machine/lab-error.ts';
import { consulAddresses, hostsOf, networkOf } from './network/addresses.ts';
import { slowest } from './target/targets.ts';
import type { Seen } from './view/look.ts';
import { type Watched, watch } from './view/watch.ts';

export interface UpOptions extends LabOptions, SpecSource {
  /** Once all hosts have been started, and before any is waited for. */
  onStart?: (lab: Lab) => Promise<void>;
  /** Specs of clusters beside the first, on its Consul; their hosts start among the first's. */
  beside?: (Pick<SpecSource, 'text' | 'file' | 'size'> & Pick<LabOptions, 'hostFiles'>)[];
}

/** Compiles and boots; waits for nothing. Throws with the first error of the spec. */
export async function start(options: UpOptions): Promise<Lab> {
  const { files, spec } = await bootableFrom(options);
  const network = networkOf(spec);
  const join = consulAddresses(hostsOf(spec, network));
  const beside: ClusterBeside[] = [];
  for (const { hostFiles, ...source } of options.beside ?? []) {
    const { assets, directory, targets, etcd, consul, offline, say, signal } = options;
    const settings = {
      assets,
      directory,
      targets,
      etcd,
      consul,
      offline,
      signal,
      ...(say === undefined ? {} : { say }),
    };
    const one = await bootableFrom({ ...settings, ...source, guestOf: { network, join } });
    beside.push({ ...one, ...(hostFiles === undefined ? {} : { hostFiles }) });
  }
  const lab = await boot(files, spec, options, beside);
  await options.onStart?.(lab);
  return lab;
}

/** Seconds until hosts in namespaces have to be up. */
export const PATIENCE = 180;

export interface WaitOptions {
  timeoutSeconds?: number;
  onLook?: (seen: Seen[]) => void;
}

export type UpLab = Lab & { watched: Watched };

/** For tests and benches: a lab whose hosts are all up, or an error and nothing left. */
export async function up(options: UpOptions & WaitOptions): Promise<UpLab> {
  const lab = await start(options);
  try {
    const hosts = [lab, ...lab.neighbours].flatMap((one) => one.hosts);
    const { timeoutSeconds = PATIENCE * slowest(hosts), onLook, signal } = options;
    const watched = await watch(hosts, { timeoutSeconds, signal, ...(onLook === undefined ? {} : { onLook }) });
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

import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

/** Where one lab keeps everything, and how its kernel objects are called: all of it follows from the directory. */
export interface Layout {
  directory: string;
  /** Images and artifacts: shared by all labs of this machine. */
  cache: string;
  lock: string;
  state: string;
  log: string;
  /** Files that a host finds on an empty disk. */
  seeds: string;
  /** Files that hosts fetch because they did not fit: on the lab's HTTP server beside the artifacts. */
  uploads: string;
  hosts: string;
  /** The operator's key of this lab alone: hosts believe what it has signed. */
  operatorKey: string;
  /** Throwaway secrets of Consul with its CA and its first token, where the spec names such; in folders of their own those of clusters beside the first. */
  secrets: string;
  /** Begins the name of each network namespace and of the cgroup: `qg-1a2b3c`. */
  prefix: string;
}

const DEFAULT_DIRECTORY = '/var/lib/quorumgate-lab';
const DEFAULT_CACHE = '/var/cache/quorumgate-lab';

export function layoutOf(directory = process.env['QUORUMGATE_LAB_DIR'] || DEFAULT_DIRECTORY): Layout {
  const absolute = resolve(directory);
  return {
    directory: absolute,
    cache: resolve(process.env['QUORUMGATE_LAB_CACHE'] || DEFAULT_CACHE),
    lock: join(absolute, 'lock'),
    state: join(absolute, 'state.json'),
    log: join(absolute, 'log'),
    seeds: join(absolute, 'seeds.json'),
    uploads: join(absolute, 'uploads'),
    hosts: join(absolute, 'hosts'),
    operatorKey: join(absolute, 'operator.key'),
    secrets: join(absolute, 'secrets'),
    prefix: `qg-${createHash('sha256').update(absolute).digest('hex').slice(0, 6)}`,
  };
}

/** A lab's places with the memory of another cluster. */
export function layoutBeside(layout: Layout, cluster: string): Layout {
  const { directory } = layout;
  return {
    ...layout,
    state: join(directory, `state-${cluster}.json`),
    seeds: join(directory, `seeds-${cluster}.json`),
    secrets: join(layout.secrets, `beside-${cluster}`),
  };
}

/** Directories and files of one host. `root` is the mounted whole, `upper` what the host itself has written, `disk` a virtual machine's. */
export function hostPaths(layout: Layout, name: string) {
  const base = join(layout.hosts, name);
  return {
    base,
    root: join(base, 'root'),
    upper: join(base, 'upper'),
    work: join(base, 'work'),
    disk: join(base, 'disk.ext4'),
    console: join(layout.log, `${name}.log`),
  };
}

export function namespaceOf(layout: Layout, name: string): string {
  return `${layout.prefix}-${name}`;
}

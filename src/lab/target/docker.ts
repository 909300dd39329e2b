import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeCgroup } from '../machine/cgroup.ts';
import { finish, type RunOptions, run } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { type Layout, namespaceOf } from '../machine/layout.ts';
import { isAlive, type ProcessIdentity } from '../machine/process-identity.ts';
import { enterCgroup, spawnDetached } from '../machine/spawn.ts';
import type { Step } from '../machine/steps.ts';
import { BRIDGE } from '../network/network.ts';

/*
 * A Docker engine of a lab's own. Debian's packages are in an image (`engine`), and the engine runs on it in a mount
 * namespace of its own: nothing is installed on the machine, where a package would start a second engine. In the
 * bridge's network namespace, its interfaces are the lab's, and there is nowhere to pull an image from. What it mounts
 * goes with its last process.
 */

const TAIL = 800;
const DEADLINE = 60_000;

/** Directories, socket and cgroups of a lab's engine. */
export function enginePaths(layout: Layout) {
  const base = join(layout.directory, 'docker');
  const cgroup = join(layout.prefix, 'docker');
  return {
    /** The one directory that has the same path, and the same files, inside and outside. */
    base,
    socket: join(base, 'socket'),
    /** Everybody's: containers' disks are here. */
    data: join(base, 'data'),
    identity: join(base, 'engine.json'),
    log: join(layout.log, 'docker.log'),
    cgroup,
    /** Each container's cgroup is in this one, by the container's ID. */
    containers: join(cgroup, 'containers'),
  };
}

/**
 * Makes the image the root, with a layer of its own over it, then becomes the program. /sys is mounted anew, because it
 * shows the network of who mounts it.
 */
const ENTER_ROOT = `set -e
base=$1 image=$2; shift 2
root=$base/root
mkdir -p "$root" "$base/upper" "$base/work"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$base/upper,workdir=$base/work" "$root"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root$base"
mount --bind "$base" "$root$base"
mkdir "$root/run/old"
cd "$root"
pivot_root . run/old
umount --lazy /run/old
rmdir /run/old
exec "$@"`;

/** Whether the engine answers. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

export interface EngineOptions {
  /** The server that answers its containers' questions for names. */
  dns?: string;
  signal?: AbortSignal;
}

/** Starts the engine of `image`, the directory of a root that has one, and waits until it answers. */
export async function startEngine(layout: Layout, image: string, options: EngineOptions = {}): Promise<void> {
  const { dns, signal } = options;
  const { base, socket, data, identity, log, cgroup, containers } = enginePaths(layout);
  await mkdir(base, { recursive: true });
  await mkdir(layout.log, { recursive: true });
  const engine = await spawnDetached(join(cgroup, 'engine'), log, [
    'nsenter',
    `--net=/run/netns/${namespaceOf(layout, BRIDGE)}`,
    '--',
    ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c', ENTER_ROOT, 'sh', base, image],
    'dockerd',
    `--host=unix://${socket}`,
    `--data-root=${data}`,
    '--exec-root=/run/docker',
    '--pidfile=/run/docker.pid',
    // Not systemd's, which is asked over a D-Bus that is not here.
    '--exec-opt=native.cgroupdriver=cgroupfs',
    `--cgroup-parent=/${containers}`,
    // All are on one bridge, and published ports have a proxy: rules would only stand between the lab's hosts.
    '--iptables=false',
    '--ip6tables=false',
    ...(dns === undefined ? [] : [`--dns=${dns}`]),
    '--log-level=warn',
  ]);
  await writeFile(identity, JSON.stringify(engine));
  const end = performance.now() + DEADLINE;
  while (!(await answers(socket))) {
    signal?.throwIfAborted();
    const why = isAlive(engine) ? `no answer in ${DEADLINE / 1000} s` : 'it ended';
    if (!isAlive(engine) || performance.now() > end) {
      throw new LabError(`${why}: ${readFileSync(log, 'utf8').trim().slice(-TAIL)}`, `See ${log}.`);
    }
    await sleep(50);
  }
}

/** Ends the engine and all its containers at once, as a power cut does, and deletes their disks and images. */
export async function removeEngine(layout: Layout): Promise<void> {
  const { base, cgroup } = enginePaths(layout);
  await removeCgroup(cgroup);
  await rm(base, { recursive: true, force: true });
}

/** The engine as a step of a lab. */
export function engineStep(layout: Layout, image: string, options?: EngineOptions): Step {
  return {
    name: 'starting the Docker engine',
    do: () => startEngine(layout, image, options),
    undo: () => removeEngine(layout),
  };
}

function running(layout: Layout): ProcessIdentity {
  const { identity, log } = enginePaths(layout);
  const known = existsSync(identity) ? (JSON.parse(readFileSync(identity, 'utf8')) as ProcessIdentity) : undefined;
  if (isAlive(known)) return known;
  throw new LabError('the lab has no Docker engine that runs', `See ${log}; \`quorumgate lab down\` ends the lab.`);
}

/** The command line that runs a program of the engine's image beside it: in its root and in the bridge's network. */
export function besideEngine(
  layout: Layout,
  command: string[],
  { cwd = '/', env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): string[] {
  const { socket, cgroup } = enginePaths(layout);
  // Never the machine's own engine, whatever the environment of this process says.
  const fixed = { HOME: '/root', LANG: 'C.UTF-8', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const all = { ...fixed, DOCKER_HOST: `unix://${socket}`, ...env };
  // In a cgroup of the lab: what is interrupted here must not go on after the lab.
  return [
    ...enterCgroup(join(cgroup, 'engine')),
    ...['nsenter', '--target', String(running(layout).pid), '--mount', '--net', '--'],
    ...['env', '-i', '-C', cwd],
    ...Object.entries(all).map(([name, value]) => `${name}=${value}`),
    ...command,
  ];
}

/** Runs `docker` with arguments; its output. Throws when it fails. */
export async function docker(layout: Layout, args: string[], options?: RunOptions): Promise<string> {
  const [program = '', ...rest] = besideEngine(layout, ['docker', ...args]);
  const { exitCode, stdout, stderr } = await finish(program, rest, options);
  if (exitCode === 0) return stdout;
  throw new LabError(`\`docker ${args.join(' ')}\`: ${stderr.trim()}`, `See ${enginePaths(layout).log}.`);
}

/** Makes a directory an image, as it is: 5 s for the 390 MB of a host's root (2026-11-25, two cores). */
export async function importImage(
  layout: Layout,
  directory: string,
  name: string,
  changes: string[] = [],
  signal?: AbortSignal,
): Promise<void> {
  const command = ['docker', 'import', ...changes.flatMap((change) => ['--change', change]), '-', name];
  const script = 'directory=$1; shift; tar -C "$directory" --numeric-owner --xattrs -c . | "$@"';
  const args = ['-o', 'pipefail', '-c', script, 'bash', directory, ...besideEngine(layout, command)];
  await run('bash', args, { signal });
}

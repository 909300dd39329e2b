import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type HostFile, put } from '../host/host.ts';
import type { HostState } from '../host/state.ts';
import { finish, run } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths, type Layout, namespaceOf } from '../machine/layout.ts';
import { identify } from '../machine/process-identity.ts';
import { BRIDGE, batch, portOf, SWITCH } from '../network/network.ts';
import { besideEngine, docker, enginePaths, importImage, removeEngine, startEngine } from './docker.ts';
import type { LabTarget, Machines, Running } from './lab-target.ts';

/** Docker's interface is the first, as a provider's NAT is; Vagrant's private network is the second. */
const DEVICE = 'eth1';
const IMAGE = 'quorumgate-lab';

/** Where Vagrant is at home in a lab: the project, and what it keeps of boxes and keys. */
function vagrantPaths(layout: Layout) {
  const project = join(enginePaths(layout).base, 'project');
  return {
    project,
    home: join(enginePaths(layout).base, 'vagrant-home'),
    /** Vagrant's output. */
    log: join(layout.log, 'vagrant.log'),
    /** The ID of a box's container, once there is one. */
    id: (name: string) => join(project, '.vagrant/machines', name, 'docker/id'),
  };
}

/** The command line that runs the real Vagrant on the lab's project, in the bridge's network. */
function vagrantCommand(layout: Layout, args: string[]): string[] {
  const { project, home } = vagrantPaths(layout);
  const env = { QG_DOCKER_IMAGE: IMAGE, VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_HOME: home };
  return besideEngine(layout, ['vagrant', ...args], { cwd: project, env });
}

/** Runs Vagrant; what it said. Throws with the last of it. */
export async function vagrant(layout: Layout, args: string[]): Promise<string> {
  const [program = '', ...rest] = vagrantCommand(layout, args);
  const { exitCode, stdout, stderr } = await finish(program, rest);
  const said = `${stdout}\n${stderr}`.trim();
  await writeFile(vagrantPaths(layout).log, `$ vagrant ${args.join(' ')}\n${said}\n`, { flag: 'a' });
  if (exitCode === 0) return said;
  const { log } = vagrantPaths(layout);
  throw new LabError(`\`vagrant ${args.join(' ')}\` ended with ${exitCode}: ${said.slice(-800)}`, `See ${log}.`);
}

/** The container's side of the cable has its peer's number: the port gets the name that all of the lab's have. */
async function nameCable(layout: Layout, host: HostState, pid: number): Promise<void> {
  const namespace = namespaceOf(layout, host.name);
  const bridge = namespaceOf(layout, BRIDGE);
  await run('ip', ['netns', 'attach', namespace, String(pid)]);
  const links = async (name: string) =>
    JSON.parse(await run('ip', ['-n', name, '-j', 'link', 'show'])) as {
      ifname: string;
      ifindex: number;
      link_index?: number;
    }[];
  const peer = (await links(namespace)).find(({ ifname }) => ifname === DEVICE)?.link_index;
  const port = (await links(bridge)).find(({ ifindex }) => ifindex === peer)?.ifname;
  if (port === undefined) throw new LabError(`${host.name} has no cable to the lab's bridge`, 'Boot it anew.');
  const lines = [`link set ${port} down`, `link set ${port} name ${portOf(host)}`, `link set ${portOf(host)} up`];
  await batch(bridge, lines);
}

/** Forgets a cable of an earlier life: the namespace would keep it in its place. */
async function forgetCable(layout: Layout, host: HostState): Promise<void> {
  await finish('ip', ['-n', namespaceOf(layout, BRIDGE), 'link', 'del', portOf(host)]);
  if (existsSync(`/run/netns/${namespaceOf(layout, host.name)}`)) {
    await run('ip', ['netns', 'delete', namespaceOf(layout, host.name)]);
  }
}

/** The lab's knowledge of a box that runs: also after Vagrant has booted it again by itself. */
export async function adopt(layout: Layout, host: HostState): Promise<Running> {
  const id = readFileSync(vagrantPaths(layout).id(host.name), 'utf8').trim();
  const format = '{{.State.Pid}} {{.GraphDriver.Data.UpperDir}}';
  const [pid = '', disk = ''] = (await docker(layout, ['inspect', '-f', format, id])).trim().split(' ');
  const init = identify(Number(pid));
  const parent = /^PPid:\t(\d+)$/m.exec(init === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const supervisor = identify(Number(parent ?? 0));
  if (init === undefined || supervisor === undefined) {
    throw new LabError(`the box ${host.name} does not run`, `See ${vagrantPaths(layout).log}.`);
  }
  await forgetCable(layout, host);
  await nameCable(layout, host, init.pid);
  // Files that the host itself has written, as with other hosts: its journal, its data.
  const { base, root } = hostPaths(layout, host.name);
  await rm(root, { recursive: true, force: true });
  await mkdir(base, { recursive: true });
  await symlink(disk, root);
  return { supervisor, init, cgroup: join(enginePaths(layout).containers, id), device: DEVICE };
}

async function boot(layout: Layout, host: HostState, own: readonly HostFile[]): Promise<Running> {
  await forgetCable(layout, host);
  const isNew = !existsSync(vagrantPaths(layout).id(host.name));
  if (!isNew || own.length === 0) {
    await vagrant(layout, ['up', host.name, '--provider=docker']);
    return adopt(layout, host);
  }
  // Files that have to be there before Consul and etcd are; a user would have a provisioner of his own for it.
  await vagrant(layout, ['up', host.name, '--provider=docker', '--no-provision']);
  const running = await adopt(layout, host);
  for (const file of own) put(`/proc/${running.init.pid}/root`, file);
  await vagrant(layout, ['provision', host.name]);
  return running;
}

const machines: Machines = {
  images: ['engine'],
  prepare: async ({ layout, state }) => {
    const { engine, vagrant: box } = state.images;
    if (engine === undefined || box === undefined) throw new Error('the images were not built');
    const { cidr, gateway } = state.network;
    await startEngine(layout, engine.directory, { dns: gateway });
    await importImage(layout, box.directory, IMAGE);
    // Vagrant takes the network that is there for its addresses: so its boxes are on the lab's own bridge.
    const bridge = ['--opt', `com.docker.network.bridge.name=${SWITCH}`];
    await docker(layout, ['network', 'create', ...bridge, '--subnet', cidr, '--gateway', gateway, IMAGE]);
  },
  remove: removeEngine,
  write: async (layout, outputs) => {
    const { project, home } = vagrantPaths(layout);
    await mkdir(home, { recursive: true });
    for (const [path, bytes] of outputs) {
      if (!path.startsWith('vagrant/')) continue;
      const file = join(project, 'out', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
    await writeFile(join(project, 'Vagrantfile'), "load File.join(__dir__, 'out/vagrant/Vagrantfile')\n");
  },
  boot,
  erase: async (layout, host) => {
    if (existsSync(vagrantPaths(layout).id(host.name))) await vagrant(layout, ['destroy', '--force', host.name]);
    await forgetCable(layout, host);
    await rm(hostPaths(layout, host.name).base, { recursive: true, force: true });
  },
};

/**
 * The real Vagrant with its Docker provider: boxes are containers of the lab's own engine, made from an image of the
 * lab's and not pulled.
 */
export const vagrantTarget: LabTarget = {
  name: 'vagrant',
  compiles: 'vagrant',
  about: "the real Vagrant with its Docker provider, on an engine of the lab's own; no image is pulled",
  reader: 'vagrant',
  image: 'vagrant',
  seed: () => [],
  machines,
};

import type { Role } from '../../plan/plan.ts';
import type { Booted, HostFile, SeedFile } from '../host/host.ts';
import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import type { ImageName } from '../image/image-recipe.ts';
import type { Layout } from '../machine/layout.ts';
import type { Tools } from '../machine/preconditions.ts';
import type { HostPlan, Network } from '../network/addresses.ts';

/** A host whose disk has just been made: mounted, with its seed on it. */
interface Bare {
  layout: Layout;
  network: Network;
  host: HostState;
  /** Where its disk is mounted. */
  root: string;
}

/** The compiled files, by path. */
export type Outputs = ReadonlyMap<string, Uint8Array>;

/** How one target's output reaches a host of the lab. */
export interface LabTarget {
  /** As `--target` says it. */
  name: string;
  /** The compiler's target whose output it boots. */
  compiles: string;
  /** How its hosts boot, in a few words for users. */
  about: string;
  /** The program on the host that reads the output: the first step on the way up. */
  reader: 'cloud-init' | 'ignition' | 'vagrant';
  /** The only image whose hosts are of this kind; else the one that was asked for. */
  image?: ImageName;
  /** Programs that the lab runs on this machine for it. */
  tools?: Tools;
  /** No Node on its hosts: the sidekicks have to be the single executable. */
  withoutNode?: true;
  /** The platform whose metadata service its hosts can ask: a spec may take addresses from it. */
  metadata?: 'ec2';
  /** The name on its disk, where a host is told its own as it boots; else the lab's name of it. */
  hostname?: string;
  /** The name that a host is told then. */
  ownName?(host: HostPlan): string;
  seed(host: { name: string; role: Role }, outputs: Outputs): SeedFile[];
  /** The steps that happen on real machines between an empty disk and the start of its systemd. */
  prepare?(bare: Bare, outputs: Outputs): Promise<void>;
  /** Its hosts have a kubelet, or what stands in for it. */
  runsPods?: true;
  /** Further arguments of systemd-nspawn. */
  nspawn?(root: string): string[];
  /** Further variables of systemd-nspawn's environment. */
  environment?: Readonly<Record<string, string>>;
  /** Boots a host from its disk, where systemd-nspawn does not. */
  boot?(layout: Layout, host: HostState): Promise<Booted & Pick<HostState, 'agent'>>;
  /** So many times slower than hosts of systemd-nspawn: what is waited for may take as much longer. */
  slower?: number;
  /** The program that makes and boots its hosts, where they are not systemd-nspawn's on disks of the lab. */
  machines?: Machines;
}

/** The facts to keep of a host that was booted by another. */
export type Running = Required<Pick<HostState, 'supervisor' | 'init' | 'cgroup' | 'device'>>;

/** Machines that another program than systemd-nspawn makes, boots and deletes, by a description of them all. */
export interface Machines {
  /** Images that it needs besides that of the hosts. */
  images: ImageName[];
  /** Brings that program and the network into being, once for a lab. */
  prepare(scene: Scene): Promise<void>;
  /** Takes all of it away, whatever there is. */
  remove(layout: Layout): Promise<void>;
  /** Writes the description: before a host of it boots, and when it has changed. */
  write(layout: Layout, outputs: Outputs): Promise<void>;
  /** Boots a host, made if there is none, with files of its own on its disk. */
  boot(layout: Layout, host: HostState, own: readonly HostFile[]): Promise<Running>;
  /** Deletes a host's disk; it is off. */
  erase(layout: Layout, host: HostState): Promise<void>;
}

/** A document of the compiler, which was asked to write it. */
export function outputFor(outputs: Outputs, path: string): Uint8Array {
  const bytes = outputs.get(path);
  if (bytes === undefined) throw new Error(`${path} was not compiled`);
  return bytes;
}

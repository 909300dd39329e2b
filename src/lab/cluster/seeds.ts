import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Bootable } from '../compile/compile-for-lab.ts';
import type { HostFile } from '../host/host.ts';
import type { HostState, LabState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import type { Layout } from '../machine/layout.ts';
import { type HostPlan, hostsEver } from '../network/addresses.ts';
import { labTarget } from '../target/targets.ts';

/** Files that hosts find on an empty disk: kept beside the state, so that a later process can give a host a new one. */
export interface Seeds {
  /** The target's output, by path. */
  compiled: ReadonlyMap<string, Uint8Array>;
  /** Files of one host alone, by its name: certificates, for example. */
  own: ReadonlyMap<string, HostFile[]>;
}

/** The seeds of a cluster; own files also for hosts that it may once grow by. */
export function seedsOf(
  { files, spec }: Bootable,
  { network, beside, hosts }: Pick<LabState, 'network' | 'beside' | 'hosts'>,
  hostFiles: (host: HostPlan) => HostFile[] = () => [],
): Seeds {
  const ever = [...hosts, ...hostsEver(spec, network, beside)];
  return {
    compiled: new Map(files.map(({ path, bytes }) => [path, bytes])),
    own: new Map(ever.map((host) => [host.name, hostFiles(host)])),
  };
}

export const NO_SEEDS: Seeds = { compiled: new Map(), own: new Map() };

/** Files of a host alone. */
export function ownFiles({ own }: Seeds, { name, filesOf = name }: Pick<HostState, 'name' | 'filesOf'>): HostFile[] {
  return own.get(filesOf) ?? [];
}

/** Files that a host of these seeds has to find before it boots. */
export function filesFrom(seeds: Seeds, host: Pick<HostState, 'name' | 'role' | 'target' | 'filesOf'>): HostFile[] {
  const seeded = labTarget(host.target)
    .seed(host, seeds.compiled)
    .map(({ path, mode, bytes }) => ({ path, mode, content: bytes }));
  return [...seeded, ...ownFiles(seeds, host)];
}

interface StoredFile extends Omit<HostFile, 'content'> {
  base64: string;
}

interface Stored {
  compiled: Record<string, string>;
  own: Record<string, StoredFile[]>;
}

const encode = (content: string | Uint8Array) => Buffer.from(content).toString('base64');
const decode = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** Puts what hosts fetch of these where the lab serves it, beside what was there: as a user does, before they boot. */
export async function upload({ uploads }: Layout, { compiled }: Seeds): Promise<void> {
  await mkdir(uploads, { recursive: true });
  for (const [path, bytes] of compiled) {
    if (path.includes('/upload/')) await writeFile(join(uploads, basename(path)), bytes);
  }
}

export async function writeSeeds(layout: Layout, { compiled, own }: Seeds): Promise<void> {
  const files = (list: HostFile[]) => list.map(({ content, ...rest }) => ({ ...rest, base64: encode(content) }));
  const stored: Stored = {
    compiled: Object.fromEntries([...compiled].map(([path, bytes]) => [path, encode(bytes)])),
    own: Object.fromEntries([...own].map(([name, list]) => [name, files(list)])),
  };
  // There may be private keys among them.
  await writeFile(layout.seeds, JSON.stringify(stored), { mode: 0o600 });
}

export function readSeeds(layout: Layout): Seeds {
  let stored: Stored;
  try {
    stored = JSON.parse(readFileSync(layout.seeds, 'utf8')) as Stored;
  } catch (error) {
    throw new LabError(
      `what a new disk needs is not there: ${layout.seeds}`,
      'Boot the lab anew: `quorumgate lab down`, `lab up`.',
      { cause: error },
    );
  }
  const files = (list: StoredFile[]) => list.map(({ base64, ...rest }) => ({ ...rest, content: decode(base64) }));
  return {
    compiled: new Map(Object.entries(stored.compiled).map(([path, base64]) => [path, decode(base64)])),
    own: new Map(Object.entries(stored.own).map(([name, list]) => [name, files(list)])),
  };
}

import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { HostFile } from './host.ts';
import { LabError } from './lab-error.ts';
import type { Layout } from './layout.ts';
import type { HostState } from './state.ts';
import { LAB_TARGETS } from './target/targets.ts';

/** What hosts find on an empty disk: kept beside the state, so that a later process can give a host a new one. */
export interface Seeds {
  /** The target's output, by path. */
  compiled: ReadonlyMap<string, Uint8Array>;
  /** Files of one host alone, by its name: certificates, for example. */
  own: ReadonlyMap<string, HostFile[]>;
}

export const NO_SEEDS: Seeds = { compiled: new Map(), own: new Map() };

/** What a host of these seeds has to find before it boots. */
export function filesFrom(seeds: Seeds, target: string, host: Pick<HostState, 'name' | 'role'>): HostFile[] {
  const found = LAB_TARGETS.find(({ name }) => name === target);
  if (found === undefined) throw new LabError(`the lab cannot boot target ${target}`, 'Run `quorumgate lab down`.');
  const seeded = found.seed(host, seeds.compiled).map(({ path, mode, bytes }) => ({ path, mode, content: bytes }));
  return [...seeded, ...(seeds.own.get(host.name) ?? [])];
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

export async function forgetSeeds(layout: Layout): Promise<void> {
  await rm(layout.seeds, { force: true });
}

import type { Identity } from '../shared/identity.ts';
import type { Place, Registration } from '../shared/ports.ts';
import type { Wal } from './log.ts';
import { next, type World } from './world.ts';

/** A filesystem with a data directory in it. What it holds is replaced, never changed; only a log's head moves. */
export interface Volume {
  /** Of the filesystem. */
  id: string;
  identity: Identity | undefined;
  log: Wal | undefined;
  /** etcd's database, of this cluster: left when only the log goes. */
  snap: string | undefined;
  /** In the directory that the first log takes the place of. */
  mark: string | undefined;
  /** It is what it once was, or in part. */
  wentBack: boolean;
  /** States that it once was in, oldest first. */
  past: Saved[];
}

export type Saved = Pick<Volume, 'identity' | 'log' | 'snap' | 'mark'>;

/** The disk that a machine has besides its data: gone with the machine alone, or when it is installed anew. */
export interface Root {
  machineId: string;
  /** Where the data directory is while no volume is mounted there. */
  data: Volume;
  place: Place | undefined;
  pastPlaces: (Place | undefined)[];
  /** That file has gone, or gone back. */
  hasForgotten: boolean;
  /** Of Consul's agent. */
  nodeId: string;
  services: Map<string, Registration>;
}

export function makeVolume(world: World): Volume {
  const nothing = { identity: undefined, log: undefined, snap: undefined, mark: undefined };
  return { id: `f${next(world)}`, ...nothing, wentBack: false, past: [] };
}

export function makeRoot(world: World): Root {
  const id = `a${next(world)}`;
  const place = { place: undefined, pastPlaces: [], hasForgotten: false };
  return { machineId: id, nodeId: id, data: makeVolume(world), services: new Map(), ...place };
}

/** Keeps what a filesystem is now, for some day when it goes back to that. The first state is never forgotten. */
export function remember(volume: Volume): void {
  const { identity, log, snap, mark, past } = volume;
  past.push({ identity, log: log && { ...log }, snap, mark });
  if (past.length > 8) past.splice(1, 1);
}

/** Nothing is on it any more, and it never was what it was. */
export function empty(volume: Volume): void {
  Object.assign(volume, { identity: undefined, log: undefined, snap: undefined, mark: undefined });
}

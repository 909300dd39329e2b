import { makeRoot, makeVolume } from './volume.ts';
import type { Host, World } from './world.ts';

export interface Terms {
  size: number;
  discovery: World['discovery'];
  scheme: World['scheme'];
  volumes: boolean;
}

export function makeWorld(terms: Terms): World {
  const world: World = {
    ...terms,
    hosts: [],
    consul: {
      hasLeader: true,
      keep: { entries: new Map(), index: 1, list: undefined, past: [] },
      catalog: { nodes: new Map(), index: 1, candidates: undefined },
      lock: undefined,
      sessions: new Map(),
      wasLost: false,
      lockWasLost: false,
    },
    clock: 0,
    present: new Map(),
    strangers: new Map(),
    born: new Set(),
    launches: new Map(),
    meddled: 0,
    verified: new Set(),
    signed: new Map(),
    retired: new Set(),
    agreed: new Map(),
    roots: new Map(),
    acknowledged: new Map(),
    heads: new Map(),
    rolledBack: new Set(),
    late: [],
    excused: undefined,
    violation: undefined,
    counter: 0,
    machines: 0,
    story: undefined,
  };
  for (let index = 1; index <= terms.size; index++) world.hosts.push(makeHost(world));
  return world;
}

/** A machine that never was there before. */
export function makeHost(world: World): Host {
  world.machines += 1;
  const name = `h${world.machines}`;
  return {
    name,
    address: `10.0.0.${world.machines}`,
    size: world.size,
    root: makeRoot(world),
    volume: world.volumes ? makeVolume(world) : undefined,
    mounted: world.volumes,
    up: false,
    isRegistered: false,
    verifiedAt: '',
    etcd: undefined,
    decision: undefined,
    isLaunching: false,
    net: 0,
    dns: 'agrees',
    denied: 'nothing',
    trouble: 'none',
    failing: 'none',
    fuse: undefined,
    programs: new Map(),
    restartAt: 0,
    said: new Map(),
  };
}

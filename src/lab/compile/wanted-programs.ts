import type { Spec } from '../../spec/defaults.ts';
import { type LockedPrograms, type LockFile, readLock } from '../../spec/lock.ts';
import type { Versions, Wanted } from '../image/program/provide.ts';

/** Programs that the lab has to serve for a spec. */
export interface WantedPrograms {
  consul: Wanted<'consul'>;
  etcd: Wanted<'etcd'>;
  /** Only where the spec has it by URL or release. */
  node?: Wanted<'node'> | undefined;
}

/** The lock file's programs, where it can be read: mistakes in it matter to `compile`. */
export function lockedIn({ lock, file }: { lock?: LockFile | undefined; file: string }): LockedPrograms {
  const locked = lock?.text === undefined ? {} : readLock(lock, file);
  return Array.isArray(locked) ? {} : locked;
}

/** Versions and URLs of a spec and its lock file, and the versions that were asked for instead. */
export function wantedPrograms(spec: Spec, locked: LockedPrograms, asked: Versions): WantedPrograms {
  const wanted = <Name extends keyof WantedPrograms>(program: Name, version?: string): Wanted<Name> => {
    const source = spec.programs[program];
    const known = source === 'release' ? locked[program] : undefined;
    // A lock file of before says nothing of the version of now.
    const release = known?.version === version ? known : undefined;
    return { program, version, source: typeof source === 'object' ? source : release };
  };
  const takesNode = typeof spec.programs.node === 'object' || spec.programs.node === 'release';
  return {
    consul: { ...wanted('consul', spec.consul.version), asked: asked.consul },
    etcd: { ...wanted('etcd', spec.etcd.version), asked: asked.etcd },
    node: takesNode ? wanted('node', spec.releases?.versions?.node) : undefined,
  };
}

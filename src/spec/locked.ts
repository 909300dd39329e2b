import type { Occurrence } from '../diagnostic/diagnose.ts';
import type { Spec } from './defaults.ts';
import type { LockedPrograms } from './lock.ts';
import type { Problem } from './problem.ts';
import { PROGRAMS } from './rule/program.ts';
import { versionPointer } from './rule/release.ts';

/** A program that the spec takes by release. */
export interface Wanted {
  program: (typeof PROGRAMS)[number];
  version: string;
  arch: 'amd64' | 'arm64';
  /** Where the version stands in the spec. */
  pointer: string;
}

/** Programs that have to be in the lock file. */
export function wantedReleases({ programs, consul, etcd, releases }: Spec): Wanted[] {
  const versions = { ...releases?.versions, consul: consul.version, etcd: etcd.version };
  const { arch = 'amd64' } = releases ?? {};
  return PROGRAMS.filter((program) => programs[program] === 'release').map((program) => {
    const version = versions[program];
    if (version === undefined) throw new Error(`no version of ${program}: the rules let this through`);
    return { program, version, arch, pointer: versionPointer(program) };
  });
}

/** In the place of what is not locked: for what asks only how a program comes. */
const STAND_IN = { url: 'https://not-locked.invalid/', sha256: '0'.repeat(64) };

/** The spec with what `programs` says of each release. */
export function withReleases(spec: Spec, programs: LockedPrograms = {}): Spec {
  const { releases: _, ...rest } = spec;
  const pairs = PROGRAMS.map((name) => {
    const source = spec.programs[name];
    if (source !== 'release') return [name, source];
    const { url, sha256 } = programs[name] ?? STAND_IN;
    return [name, { url, sha256 }];
  });
  return { ...rest, programs: { ...spec.programs, ...Object.fromEntries(pairs) } };
}

type LockProblem = Problem & Pick<Occurrence, 'detail'>;

/** Programs that the spec wants and the lock file does not have. */
export function lockProblems(spec: Spec, programs: LockedPrograms, lock: string, file: string): LockProblem[] {
  const detail = { spec: file };
  return wantedReleases(spec).flatMap(({ program, version, arch, pointer }): LockProblem[] => {
    const locked = programs[program];
    if (locked === undefined) {
      const message = `${lock} has no ${program}.`;
      return [{ code: 'lock-incomplete', pointer: `/programs/${program}`, message, detail }];
    }
    if (locked.version !== version) {
      return [
        { code: 'lock-stale', pointer, message: `${lock} has ${program} ${locked.version}, not ${version}.`, detail },
      ];
    }
    if (locked.arch !== arch) {
      const message = `${lock} has ${program} for ${locked.arch}, not for ${arch}.`;
      return [{ code: 'lock-stale', pointer: '/releases/arch', message, detail }];
    }
    return [];
  });
}

import { Type } from 'typebox';
import { ARTIFACT } from './artifact.ts';
import { strict } from './parts.ts';
import { Architecture, Version } from './release.ts';

export const Locked = Type.Object(
  { version: Version('Version.'), arch: Architecture('Architecture.'), ...ARTIFACT },
  strict,
);
const entry = Type.Optional(Locked);

/** The file that `quorumgate lock` writes beside the spec: the bytes that are meant by a version. */
export const LockSchema = Type.Object(
  {
    format: Type.Literal(1, { description: 'Format of the lock file.' }),
    programs: Type.Object({ consul: entry, etcd: entry, socat: entry, node: entry, sidekick: entry }, strict),
  },
  strict,
);

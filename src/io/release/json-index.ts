import { Ajv } from 'ajv';
import { type Static, Type } from 'typebox';
import { parseJson } from '../../sidekick/host/json.ts';
import type { Wanted } from '../../spec/locked.ts';
import { strangeEnding } from '../../spec/rule/program.ts';
import { ANNOTATIONS } from '../../spec/schema/parts.ts';
import { Architecture, Version } from '../../spec/schema/release.ts';
import { ReleaseError } from './release-error.ts';

/** A release as an index has it: where it is, and its hash or where that is. */
export interface Found {
  url: string;
  sha256?: string | undefined;
  /** URL of a file of sums that has it. */
  sums?: string | undefined;
}

const strict = { additionalProperties: false } as const;
const Text = Type.String({ minLength: 1, maxLength: 1000 });

/** The project's own format; docs/artifacts.md explains it. */
const OwnIndex = Type.Object(
  {
    format: Type.Literal(1),
    releases: Type.Array(
      Type.Object(
        {
          program: Type.Enum(['consul', 'etcd', 'socat', 'node', 'sidekick']),
          version: Type.Optional(Version('')),
          arch: Type.Optional(Architecture('')),
          url: Text,
          sha256: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f]{64}$' })),
          sums: Type.Optional(Text),
        },
        strict,
      ),
    ),
  },
  strict,
);

/**
 * The index of one of HashiCorp's products, such as https://releases.hashicorp.com/consul/index.json: as much of it as is
 * needed (hashicorp/hc-install, internal/releasesjson/releases.go, read 2026-11-25).
 */
const HashicorpIndex = Type.Object({
  name: Type.String(),
  versions: Type.Record(
    Type.String(),
    Type.Object({
      shasums: Type.Optional(Type.String()),
      builds: Type.Array(
        Type.Object({ os: Type.String(), arch: Type.String(), filename: Type.String(), url: Type.String() }),
      ),
    }),
  ),
});

const ajv = new Ajv({ strict: true }).addVocabulary(ANNOTATIONS);
const isOwn = ajv.compile<Static<typeof OwnIndex>>(OwnIndex);
const isHashicorp = ajv.compile<Static<typeof HashicorpIndex>>(HashicorpIndex);

/**
 * Looks a release up in a JSON index.
 *
 * @param where URL or path of the index: its name in messages, and what relative URLs start from
 * @throws ReleaseError when it is no index, or has no such release
 */
export function findInJson(text: string, where: string, wanted: Wanted): Found {
  let index: unknown;
  try {
    // HashiCorp's has every build of every version.
    index = parseJson(text, 1_000_000);
  } catch (error) {
    throw new ReleaseError(`${where} is ${(error as Error).message}`, 'Give the URL or path of an index.');
  }
  if (typeof index === 'object' && index !== null && 'versions' in index) {
    if (isHashicorp(index)) return findHashicorp(index, where, wanted);
    throw noIndex(where, isHashicorp.errors);
  }
  if (isOwn(index)) return findOwn(index, where, wanted);
  throw noIndex(where, isOwn.errors);
}

function noIndex(where: string, errors: typeof isOwn.errors): ReleaseError {
  const [first] = errors ?? [];
  const detail = `${first?.instancePath || 'the top level'} ${first?.message ?? ''}`;
  return new ReleaseError(
    `${where} is no index of releases: ${detail}`,
    'See docs/artifacts.md for what an index looks like.',
  );
}

const nameOf = ({ program, version, arch }: Wanted) => `${program} ${version} for ${arch}`;

/** @param has the versions there are, newest first */
function notThere(where: string, wanted: Wanted, has: readonly string[]): ReleaseError {
  const some = has.slice(0, 5).join(', ');
  const known = has.length === 0 ? '' : `; it has ${some}${has.length > 5 ? ' …' : ''}`;
  return new ReleaseError(
    `${where} has no ${nameOf(wanted)}${known}`,
    'Use a version that the index has, or add it there.',
  );
}

function several(where: string, wanted: Wanted, names: readonly string[]): ReleaseError {
  const found = `${where} has ${names.length} files of ${nameOf(wanted)}: ${names.join(', ')}`;
  return new ReleaseError(found, 'Leave one of them in the index.');
}

const newestFirst = (versions: readonly string[]) =>
  [...new Set(versions)].sort((left, right) => right.localeCompare(left, 'en', { numeric: true }));

function findOwn({ releases }: Static<typeof OwnIndex>, where: string, wanted: Wanted): Found {
  const own = releases.filter(({ program }) => program === wanted.program);
  for (const { version, arch, url, sha256 } of own) {
    const open = [version === undefined && '{version}', arch === undefined && '{arch}'].filter((one) => one !== false);
    const missing = open.find((hole) => !url.includes(hole));
    if (missing !== undefined || (sha256 !== undefined && open.length > 0)) {
      const what = missing === undefined ? 'one hash for several files' : `neither that nor ${missing} in its URL`;
      const message = `${where}: a release of ${wanted.program} without ${open.map((hole) => hole.slice(1, -1)).join(' and ')} has ${what}`;
      throw new ReleaseError(message, 'See docs/artifacts.md for what an index looks like.');
    }
  }
  const fitting = own.filter(
    ({ version, arch }) => (version ?? wanted.version) === wanted.version && (arch ?? wanted.arch) === wanted.arch,
  );
  // An entry for one version counts before one for all.
  const exact = fitting.filter(({ version }) => version !== undefined);
  const [found, ...others] = exact.length > 0 ? exact : fitting;
  if (found === undefined) {
    throw notThere(where, wanted, newestFirst(own.flatMap(({ version }) => version ?? [])));
  }
  const filled = (text: string) => text.replaceAll('{version}', wanted.version).replaceAll('{arch}', wanted.arch);
  if (others.length > 0)
    throw several(
      where,
      wanted,
      [found, ...others].map(({ url }) => filled(url)),
    );
  const url = absolute(filled(found.url), where);
  const sums = found.sums === undefined ? undefined : absolute(filled(found.sums), url);
  return { url, sums, sha256: found.sha256?.toLowerCase() };
}

/** @param base URL of what names `url`, or the path of a file */
function absolute(url: string, base: string): string {
  const isUrl = /^https?:\/\//.test(base);
  if (isUrl ? URL.canParse(url, base) : URL.canParse(url)) return new URL(url, isUrl ? base : undefined).href;
  const why = isUrl ? 'is no URL' : 'is no URL, and there is nothing that it could be relative to';
  throw new ReleaseError(`${base}: \`${url}\` ${why}`, 'Write it with `https://` and the host.');
}

function findHashicorp(index: Static<typeof HashicorpIndex>, where: string, wanted: Wanted): Found {
  if (index.name !== wanted.program) {
    throw new ReleaseError(
      `${where} is the index of ${index.name}, not of ${wanted.program}`,
      'Name an index for each program.',
    );
  }
  const release = Object.hasOwn(index.versions, wanted.version) ? index.versions[wanted.version] : undefined;
  const builds = (release?.builds ?? []).filter(
    ({ os, arch, filename }) => os === 'linux' && arch === wanted.arch && strangeEnding(filename) === undefined,
  );
  const [build, ...others] = builds;
  if (build === undefined) throw notThere(where, wanted, newestFirst(Object.keys(index.versions)));
  if (others.length > 0)
    throw several(
      where,
      wanted,
      builds.map(({ filename }) => filename),
    );
  const url = absolute(build.url, where);
  return { url, sums: release?.shasums === undefined ? undefined : absolute(release.shasums, url) };
}

import { join } from 'node:path';
import { ReleaseError } from '../../../io/release/release-error.ts';
import { LabError } from '../../machine/lab-error.ts';
import { type Artifact, intoStore, type Program } from './artifacts.ts';
import { isForeign, nearest, newestOf, versionIn } from './choose.ts';
import { ensureArtifact, OFFERS, type Offer, offerFor } from './debian.ts';
import { type FetchOptions, fetched } from './fetched.ts';
import { ARCH, type Brought, byVersion, readManifest } from './manifest.ts';

/** Versions that a lab boots in the place of the spec's: one (`3.7.3`), or the newest that the lab has of a line (`3.7`). */
export interface Versions {
  etcd?: string | undefined;
  consul?: string | undefined;
  /** Fetch no program by its URL. */
  offline?: boolean | undefined;
}

/** Those that were given, else those of the environment. */
export function versionsOf({ etcd, consul, offline }: Versions): Versions {
  return {
    etcd: etcd ?? (process.env['QUORUMGATE_LAB_ETCD'] || undefined),
    consul: consul ?? (process.env['QUORUMGATE_LAB_CONSUL'] || undefined),
    offline,
  };
}

/** A program of a spec. */
export interface Wanted<Name> {
  program: Name;
  /** As the spec says it. */
  version?: string | undefined;
  /** Where the spec takes it from, if by URL. */
  source?: { url: string; sha256: string } | undefined;
  /** The version, or the line, to have instead. */
  asked?: string | undefined;
}

export interface Provided<Name extends string> {
  program: Program<Name>;
  /** For the user, where it is not what the spec says, or not from there. */
  note?: string;
}

type Candidate = Pick<Program, 'version'> & { from: string; give: () => Promise<Pick<Program, 'file' | 'sha256'>> };

/**
 * Consul or etcd for the hosts: by the spec's URL, else of the same version as `npm run programs` or Debian has it, else of
 * another version.
 *
 * @throws LabError when the version that was asked for cannot be had, or a URL gives something else than the spec says
 */
export async function provide<Name extends Artifact['program']>(
  wanted: Wanted<Name>,
  options: FetchOptions,
): Promise<Provided<Name>> {
  const { program, asked } = wanted;
  const version = wanted.version ?? (wanted.source && versionIn(wanted.source.url));
  if (asked !== undefined && asked !== version) return given(program, await askedFor(program, asked, options));
  const [bySpec, why] = await fromUrl(wanted, version, options);
  if (bySpec !== undefined) return bySpec;
  const have = brought(program, options);
  const exact = have.find((one) => one.version === version);
  if (exact !== undefined) return given(program, exact, why && `${program} ${version} from ${exact.from}: ${why}`);
  if (asked !== undefined) return given(program, await askedFor(program, asked, options));
  if (version === undefined) {
    const first = await fromDebian(OFFERS[program][0], options);
    return given(program, first, why && `${program} ${first.version} from ${first.from}: ${why}`);
  }
  const offer = offerFor(program, version) ?? (have.length === 0 ? OFFERS[program][0] : undefined);
  const debian = offer === undefined ? [] : [await fromDebian(offer, options)];
  const found = nearest([...have, ...debian], program, version);
  if (found === undefined) throw new Error('there is always an offer');
  const note = `${program} ${found.version} from ${found.from}`;
  const is = found.version === version ? note : `${note} in the place of ${version}, of which there is no build here`;
  return given(program, found, is === note && why === undefined ? undefined : [is, why].filter(Boolean).join(': '));
}

/** Node, only where the spec has it by URL or release; undefined: hosts take their image's. */
export async function provideNode(wanted: Wanted<'node'>, options: FetchOptions): Promise<Partial<Provided<'node'>>> {
  const version = wanted.version ?? (wanted.source && versionIn(wanted.source.url));
  const [bySpec, why] = await fromUrl(wanted, version, options);
  if (bySpec !== undefined) return bySpec;
  const found = brought('node', options).find((one) => one.version === version);
  if (found !== undefined) return given('node', found, why && `node ${version} from ${found.from}: ${why}`);
  return { note: `node of the hosts' image in the place of ${version ?? 'the spec’s'}${why ? `: ${why}` : ''}` };
}

/** By the spec's URL; else why not, in words. */
async function fromUrl<Name extends string>(
  { program, source }: Wanted<Name>,
  version: string | undefined,
  options: FetchOptions,
): Promise<[Provided<Name> | undefined, string | undefined]> {
  if (source === undefined) return [undefined, undefined];
  if (isForeign(source.url, ARCH)) return [undefined, `the spec's is not for ${ARCH}`];
  try {
    const served = await fetched(source, options);
    return [{ program: { program, version: version ?? 'unknown', ...served } }, undefined];
  } catch (error) {
    if (error instanceof ReleaseError) return [undefined, error.message];
    throw error;
  }
}

async function askedFor(program: Artifact['program'], asked: string, options: FetchOptions): Promise<Candidate> {
  const have = brought(program, options);
  const newest = newestOf(have, asked);
  if (newest !== undefined) return newest;
  const offer = offerFor(program, asked);
  const debian = offer === undefined ? [] : [await fromDebian(offer, options)];
  const found = newestOf(debian, asked);
  if (found !== undefined) return found;
  const lines = OFFERS[program].map(({ line, suite }) => `${line} (Debian ${suite})`);
  const versions = [...have, ...debian].sort(byVersion).map((one) => one.version);
  throw new LabError(
    `the lab has no ${program} ${asked}: it has ${[...new Set([...versions, ...lines])].join(', ')}`,
    '`npm run programs` in the source tree brings more, and says which it can.',
  );
}

/** Programs that `npm run programs` has brought. */
function brought(program: string, { cache }: FetchOptions): Candidate[] {
  const rows = readManifest(cache).filter((one) => one.program === program);
  return rows.map((row: Brought) => ({
    version: row.version,
    from: row.from,
    give: () => intoStore(cache, join(cache, row.file), row.sha256),
  }));
}

async function fromDebian(offer: Offer, { cache, say, signal }: FetchOptions): Promise<Candidate> {
  const { version, file, sha256 } = await ensureArtifact(cache, offer, say, signal);
  return { version, from: `Debian ${offer.suite}`, give: () => Promise.resolve({ file, sha256 }) };
}

async function given<Name extends string>(program: Name, found: Candidate, note?: string): Promise<Provided<Name>> {
  const { file, sha256 } = await found.give();
  return { program: { program, version: found.version, file, sha256 }, ...(note ? { note } : {}) };
}

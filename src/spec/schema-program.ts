import { type Static, type TSchema, Type } from 'typebox';
import { strict } from './schema-parts.ts';

const FETCHABLE = { pattern: '^https?://[!-~]+$', maxLength: 1000 };

/** Whether hosts can be told to fetch this. */
export const isFetchable = (url: string) =>
  new RegExp(FETCHABLE.pattern).test(url) && url.length <= FETCHABLE.maxLength;

const HASH = { pattern: '^[0-9a-f]{64}$' };

/** Bytes that a host fetches; also in lock files. */
export const ARTIFACT = {
  url: Type.String({
    ...FETCHABLE,
    description:
      'Where the host fetches the program: a plain executable, or an archive by the ending of its path (`.tar.gz`, `.tgz`, `.tar.xz`, `.zip`).',
  }),
  sha256: Type.String({
    ...HASH,
    description:
      'SHA-256 of the bytes behind `url`, 64 lower-case hex digits. The host never runs what does not match.',
  }),
};

const Artifact = Type.Object(ARTIFACT, {
  ...strict,
  description: 'Fetched, checked and unpacked by the host before it is needed.',
});

/** The script is the compiler's own, so it knows its hash. */
const SidekickArtifact = Type.Object(
  {
    url: Type.String({
      ...FETCHABLE,
      description:
        'Where the host fetches them: with `.cjs` at the end of its path the script `etcd-sidekick.cjs`, which Node runs; else the single executable, plain or in an archive.',
    }),
    sha256: Type.Optional(
      Type.String({
        ...HASH,
        description:
          'SHA-256 of the bytes behind `url`. May be left out for the script: then it is that of this very version, and `compile` writes the file for you to put there.',
      }),
    ),
  },
  { ...strict, description: 'Fetched and checked by the host before it is needed.' },
);

const WordOr = <Word extends string, Mapping extends TSchema>(
  words: readonly Word[],
  mapping: Mapping,
  description: string,
) =>
  Type.Optional(
    // ajv sees the two branches through `if`, so that one mistake gives one error (see validate.ts).
    Type.Unsafe<Word | Static<Mapping>>({
      description,
      if: { type: 'string' },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
      then: { enum: words },
      else: mapping,
    }),
  );

const Source = (description: string) => WordOr(['package', 'image', 'release'], Artifact, description);

/** How programs reach hosts. */
export const Programs = Type.Object(
  {
    consul: Source('Consul. Default: `image`.'),
    etcd: Source('etcd (archive: also `etcdctl`). Default: `image`.'),
    socat: Source('socat. Default: `package`.'),
    node: Source('Node 18 or newer, for the sidekicks unless they are a single executable. Default: `package`.'),
    kubelet: WordOr(
      ['package', 'image'],
      Artifact,
      'The kubelet, 1.27 or newer, where something runs as a static pod. Default: `image`.',
    ),
    containerd: Type.Optional(
      Type.Enum(['package', 'image'], {
        description: 'containerd, with runc, where something runs as a static pod. Default: `package`.',
      }),
    ),
    sidekick: WordOr(
      ['inline', 'release'],
      SidekickArtifact,
      'The sidekicks. Default: `inline`, run by Node. EC2 has no room for them: there they come by `url`, as the script that Node runs or, where hosts have no Node, as the single executable that `npm run build:sea` makes; also by `release`.',
    ),
  },
  {
    ...strict,
    description:
      'How each program reaches the host: `package` (of the distribution), `image` (already there), `url` with `sha256`, or `release`: the URL and hash that `quorumgate lock` has written into the lock file beside the spec.',
  },
);

export type ProgramSource = 'package' | 'image' | 'release' | Static<typeof Artifact>;
export type ProgramName = 'consul' | 'etcd' | 'socat' | 'node' | 'kubelet';
export type SidekickSource = 'inline' | 'release' | Static<typeof SidekickArtifact>;

/** The sidekicks come as a script by URL, and Node runs them. Of a draft as well, which may lack its parts. */
export const isScript = <T extends { readonly url?: string | undefined }>(
  source: T | string | undefined,
): source is T => typeof source === 'object' && /^[^?#]*\.cjs([?#]|$)/.test(source.url ?? '');

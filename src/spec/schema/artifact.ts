import { Type } from 'typebox';
import { VERSIONS } from '../../version/facts.ts';
import { strict, Text, WordOr, withDefault } from './parts.ts';
import { FETCHABLE } from './program.ts';

const Url = (description: string, example: string) =>
  Text({
    ...FETCHABLE,
    form: 'a URL that starts with `https://` or `http://` and holds no spaces',
    description,
    examples: [example],
  });

/** Without an example: one that is pasted would be somebody else's. */
const Sha256 = (description: string) =>
  Text({ pattern: '^[0-9a-f]{64}$', form: '64 lower-case hex digits, as `sha256sum` prints them', description });

/** Bytes that a host fetches; also in lock files. */
export const ARTIFACT = {
  url: Url(
    'Where the host fetches the program: a plain executable, or an archive by the ending of its path (`.tar.gz`, `.tgz`, `.tar.xz`, `.zip`).',
    'https://example.com/program.tar.gz',
  ),
  sha256: Sha256(
    'SHA-256 of the bytes behind `url`, 64 lower-case hex digits. The host never runs what does not match.',
  ),
};

export const Artifact = Type.Object(ARTIFACT, {
  ...strict,
  description: 'Fetched, checked and unpacked by the host before it is needed.',
});

/** The script is the compiler's own, so it knows its hash. */
export const SidekickArtifact = Type.Object(
  {
    url: Url(
      'Where the host fetches them: with `.cjs` at the end of its path the script `etcd-sidekick.cjs`, which Node runs; else the single executable, plain or in an archive.',
      'https://example.com/etcd-sidekick.cjs',
    ),
    sha256: Type.Optional(
      Sha256(
        'SHA-256 of the bytes behind `url`. May be left out for the script: then it is that of this very version, and `compile` writes the file for you to put there.',
      ),
    ),
  },
  { ...strict, description: 'Fetched and checked by the host before it is needed.' },
);

const Source = (description: string) => WordOr(['package', 'image', 'release'], Artifact, { description });

/** How programs reach hosts. */
export const Programs = Type.Object(
  {
    consul: withDefault(Source('Consul.'), 'image'),
    etcd: withDefault(Source('etcd (archive: also `etcdctl`).'), 'image'),
    socat: withDefault(Source('socat.'), 'package'),
    node: withDefault(
      Source(`Node ${VERSIONS.nodeTooOld.before} or newer, for the sidekicks unless they are a single executable.`),
      'package',
    ),
    kubelet: withDefault(
      // Typed like the others, so that one line can set any of them; the rules of the schema are narrower.
      WordOr<'package' | 'image' | 'release', typeof Artifact>(['package', 'image'], Artifact, {
        description: 'The kubelet, 1.27 or newer, where something runs as a static pod.',
      }),
      'image',
    ),
    containerd: withDefault(
      Type.Enum(['package', 'image'], {
        description: 'containerd, with runc, where something runs as a static pod.',
      }),
      'package',
    ),
    sidekick: withDefault(
      WordOr(['inline', 'release'], SidekickArtifact, {
        description:
          'The sidekicks; `inline` ones are run by Node. EC2 has no room for them: there they come by `url`, as the script that Node runs or, where hosts have no Node, as the single executable that `npm run build:sea` makes; also by `release`.',
      }),
      'inline',
    ),
  },
  {
    ...strict,
    description:
      'How each program reaches the host: `package` (of the distribution), `image` (already there), `url` with `sha256`, or `release`: the URL and hash that `quorumgate lock` has written into the lock file beside the spec.',
  },
);

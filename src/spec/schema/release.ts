import { type Static, Type } from 'typebox';
import { strict, Text, withDefault } from './parts.ts';

/** An address with a scheme, or a path; no text that a terminal would not show. */
const Index = (description: string) =>
  Text({
    pattern: '^((https?|s3)://[!-~]+|(?![A-Za-z][A-Za-z0-9+.-]*://)[^\\p{C}]+)$',
    form: 'a URL that starts with `https://`, `http://` or `s3://`, or a path',
    maxLength: 1000,
    description,
  });
const OwnIndex = (name: string) => Type.Optional(Index(`Index of ${name}.`));

const Indexes = Type.Object(
  {
    consul: OwnIndex('Consul'),
    etcd: OwnIndex('etcd'),
    socat: OwnIndex('socat'),
    node: OwnIndex('Node'),
    sidekick: OwnIndex('the sidekicks'),
  },
  { ...strict, minProperties: 1, description: 'An index for each program.' },
);

export const Version = (description: string) =>
  Text({
    pattern: '^[0-9A-Za-z][0-9A-Za-z.+_-]*$',
    form: 'a version, for example `1.8.0.3`: letters, digits and `.+_-`',
    maxLength: 60,
    description,
  });
export const Architecture = (description: string) => Type.Enum(['amd64', 'arm64'], { description });

export const Releases = Type.Object(
  {
    index: Type.Unsafe<string | Static<typeof Indexes>>({
      description:
        'Where `quorumgate lock` looks versions up: the URL or path of a JSON index, or an S3-style bucket (`s3://BUCKET/PREFIX`, or the URL of its listing); one for all, or one for each program. See docs/artifacts.md.',
      examples: ['releases.json'],
      if: { type: 'string' },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
      then: Index('One for all.'),
      else: Indexes,
    }),
    arch: withDefault(Architecture('Architecture of the hosts.'), 'amd64'),
    versions: withDefault(
      Type.Object(
        {
          socat: Type.Optional(Version('Version of socat.')),
          node: Type.Optional(Version('Version of Node.')),
          sidekick: Type.Optional(Version('Version of quorumgate that the sidekicks were built from.')),
        },
        {
          ...strict,
          description: 'Versions of what is taken by `release`, but for `consul.version` and `etcd.version`.',
        },
      ),
      {},
    ),
  },
  { ...strict, description: 'Where the programs that are taken by `release` come from.' },
);
export type Releases = Static<typeof Releases>;

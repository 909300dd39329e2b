import { type Static, Type } from 'typebox';
import { Documents } from './schema-documents.ts';

/**
 * The spec, version 1. The one truth for static types (`Spec`), validation (ajv) and the reference page
 * (docs/spec.md): every property carries its description here and nowhere else.
 *
 * `SpecInput` is what the user writes; `Spec` (see defaults.ts) is the same with every default filled in.
 */
const strict = { additionalProperties: false } as const;

/** etcd runs without the capability to bind the ports below 1024. */
const Port = (description: string, fallback: number) =>
  Type.Optional(Type.Integer({ minimum: 1024, maximum: 65535, default: fallback, description }));

const HostPath = (description: string) =>
  Type.String({ pattern: '^/[A-Za-z0-9._/@+-]*[A-Za-z0-9._@+-]$', maxLength: 200, description });

const Address = Type.Object(
  {
    interface: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9._-]{1,15}$',
        description: 'Use the first global IPv4 address of this network interface, for example `eth1`.',
      }),
    ),
    cidr: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$',
        description: 'Use the IPv4 address that lies in this network, for example `10.0.0.0/16`.',
      }),
    ),
    metadata: Type.Optional(
      Type.Enum(['ec2'], {
        description: "Ask the platform's metadata service (`ec2`: IMDSv2 `local-ipv4`).",
      }),
    ),
  },
  {
    ...strict,
    minProperties: 1,
    maxProperties: 1,
    description:
      'Which address of a host its peers use: exactly one of `interface`, `cidr` or `metadata`. Never left to chance: ' +
      'on a Vagrant box the first interface has the same address on every box.',
  },
);

const FETCHABLE = { pattern: '^https?://[!-~]+$', maxLength: 1000 };

/** Whether hosts can be told to fetch this. */
export const isFetchable = (url: string) =>
  new RegExp(FETCHABLE.pattern).test(url) && url.length <= FETCHABLE.maxLength;

/** Bytes that a host fetches; also in lock files. */
export const ARTIFACT = {
  url: Type.String({
    ...FETCHABLE,
    description:
      'Where the host fetches the program: a plain executable, or an archive by the ending of its path (`.tar.gz`, `.tgz`, `.tar.xz`, `.zip`).',
  }),
  sha256: Type.String({
    pattern: '^[0-9a-f]{64}$',
    description:
      'SHA-256 of the bytes behind `url`, 64 lower-case hex digits. The host never runs what does not match.',
  }),
};

const Artifact = Type.Object(ARTIFACT, {
  ...strict,
  description: 'Fetched, checked and unpacked by the host before it is needed.',
});

const WordOrArtifact = <Word extends string>(words: readonly Word[], description: string) =>
  Type.Optional(
    // ajv sees the two branches through `if`, so that one mistake gives one error (see validate.ts).
    Type.Unsafe<Word | Static<typeof Artifact>>({
      description,
      if: { type: 'string' },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
      then: { enum: words },
      else: Artifact,
    }),
  );

const Source = (description: string) => WordOrArtifact(['package', 'image', 'release'], description);

/** An address with a scheme, or a path; no text that a terminal would not show. */
const Index = (description: string) =>
  Type.String({
    pattern: '^((https?|s3)://[!-~]+|(?![A-Za-z][A-Za-z0-9+.-]*://)[^\\p{C}]+)$',
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
  Type.String({ pattern: '^[0-9A-Za-z][0-9A-Za-z.+_-]*$', maxLength: 60, description });
export const Architecture = (description: string) => Type.Enum(['amd64', 'arm64'], { description });

const Releases = Type.Object(
  {
    index: Type.Unsafe<string | Static<typeof Indexes>>({
      description:
        'Where `quorumgate lock` looks versions up: the URL or path of a JSON index, or an S3-style bucket (`s3://BUCKET/PREFIX`, or the URL of its listing); one for all, or one for each program. See docs/artifacts.md.',
      if: { type: 'string' },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
      then: Index('One for all.'),
      else: Indexes,
    }),
    arch: Type.Optional({ ...Architecture('Architecture of the hosts.'), default: 'amd64' }),
    versions: Type.Optional(
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
    ),
  },
  { ...strict, description: 'Where the programs that are taken by `release` come from.' },
);

const TlsFiles = (what: string) => ({
  cert: HostPath(`Certificate (PEM) that the member shows to its ${what}.`),
  key: HostPath('Its private key (PEM), readable by user `etcd`.'),
  ca: HostPath(`CA certificates (PEM) that ${what} are verified with.`),
});

const Tls = Type.Object(
  {
    peer: Type.Object(TlsFiles('peers'), { ...strict, description: 'Between members.' }),
    client: Type.Object(TlsFiles('clients'), { ...strict, description: 'Between members and clients.' }),
  },
  { ...strict, description: 'Paths of files on the host. quorumgate carries no key.' },
);

export const SpecSchema = Type.Object(
  {
    version: Type.Literal(1, { description: 'Version of this format.' }),
    cluster: Type.Object(
      {
        name: Type.String({
          pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
          maxLength: 40,
          description: 'Name of the etcd cluster: the last part of its Consul tag. `[a-z0-9-]`, at most 40 characters.',
        }),
        size: Type.Integer({
          minimum: 1,
          maximum: 9,
          description: 'Number of members. Odd: 1, 3, 5, 7 or 9.',
        }),
      },
      { ...strict, description: 'The etcd cluster.' },
    ),
    targets: Type.Array(Type.String({ pattern: '^[a-z0-9-]+$' }), {
      minItems: 1,
      uniqueItems: true,
      description: 'Boot systems to compile for.',
    }),
    address: Address,
    consul: Type.Object(
      {
        servers: Type.Enum(['members', 'role', 'existing'], {
          description:
            "Where Consul's servers are: on the `members` themselves, on hosts of a `role` of their own (`consul-server`), or already `existing`.",
        }),
        count: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 7,
            default: 3,
            description: 'Number of `consul-server` hosts; only with `servers: role`. Odd.',
          }),
        ),
        join: Type.Array(Type.String({ pattern: '^[!-~]([ -~]*[!-~])?$', maxLength: 400 }), {
          minItems: 1,
          uniqueItems: true,
          description:
            "Consul's `retry_join`: addresses or host names of servers, or cloud auto-join (`provider=aws tag_key=… tag_value=…`).",
        }),
        datacenter: Type.Optional(
          Type.String({
            pattern: '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$',
            maxLength: 40,
            default: 'dc1',
            description: "Consul's datacenter.",
          }),
        ),
        domain: Type.Optional(
          Type.String({
            pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
            maxLength: 60,
            default: 'consul',
            description: "Consul's DNS domain, without a final dot.",
          }),
        ),
        version: Type.Optional(
          Type.String({
            pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$',
            description: 'Version that the hosts will run, if known: versions that cannot work are refused.',
          }),
        ),
      },
      { ...strict, description: 'Consul, through which members find each other.' },
    ),
    etcd: Type.Object(
      {
        version: Type.String({
          pattern: '^3\\.[0-9]+\\.[0-9]+$',
          description: 'Version that the hosts will run, for example `3.5.16`.',
        }),
        peerPort: Port('Port for peers.', 2380),
        clientPort: Port('Port for clients.', 2379),
        metricsPort: Port('Port for health and metrics, on 127.0.0.1 only.', 2381),
        dataDirectory: Type.Optional({ ...HostPath('Data directory on the host.'), default: '/var/lib/etcd' }),
        replaceDeadAfter: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 604_800,
            default: 60,
            description:
              'Seconds of silence, in Consul and at its port for peers, after which a waiting host may remove a member and take its place. 0: never; `quorumgate member retire` removes it then.',
          }),
        ),
        discovery: Type.Optional(
          Type.Enum(['committed', 'srv'], {
            default: 'committed',
            description:
              '`committed`: etcd is handed the member list agreed in Consul (safe, lives without Consul). `srv`: etcd asks DNS itself (`--discovery-srv`; weaker).',
          }),
        ),
      },
      { ...strict, description: 'etcd on the members: its version, ports and data.' },
    ),
    tls: Type.Unsafe<'off' | Static<typeof Tls>>({
      description: 'Certificates by their paths on the host, or `off`, in so many words, for plain http.',
      if: { type: 'string' },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
      then: { enum: ['off'] },
      else: Tls,
    }),
    programs: Type.Optional(
      Type.Object(
        {
          consul: Source('Consul. Default: `image`.'),
          etcd: Source('etcd (archive: also `etcdctl`). Default: `image`.'),
          socat: Source('socat. Default: `package`.'),
          node: Source('Node 18 or newer, for sidekicks that come `inline`. Default: `package`.'),
          sidekick: WordOrArtifact(
            ['inline', 'release'],
            'The sidekicks. Default: `inline`, run by Node. Where hosts have no Node: the single executable that `npm run build:sea` makes, by `release` or `url`.',
          ),
        },
        {
          ...strict,
          description:
            'How each program reaches the host: `package` (of the distribution), `image` (already there), `url` with `sha256`, or `release`: the URL and hash that `quorumgate lock` has written into the lock file beside the spec.',
        },
      ),
    ),
    releases: Type.Optional(Releases),
    documents: Type.Optional(Documents),
  },
  { ...strict, $id: 'https://quorumgate.invalid/spec-v1.json', title: 'quorumgate cluster spec, version 1' },
);

/** What the user wrote, valid by the schema, defaults not yet filled in. */
export type SpecInput = Static<typeof SpecSchema>;
export type ProgramSource = 'package' | 'image' | 'release' | Static<typeof Artifact>;
export type SidekickSource = 'inline' | 'release' | Static<typeof Artifact>;
export type ProgramName = 'consul' | 'etcd' | 'socat' | 'node';
export type Releases = Static<typeof Releases>;
export type TlsPaths = Static<typeof Tls>;
export type AddressSource = Static<typeof Address>;

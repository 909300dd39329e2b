import { type Static, Type } from 'typebox';
import { Cluster } from './schema-cluster.ts';
import { Compose } from './schema-compose.ts';
import { Documents } from './schema-documents.ts';
import { Kubernetes } from './schema-kubernetes.ts';
import { HostPath, strict } from './schema-parts.ts';
import { Programs } from './schema-program.ts';
import { Releases } from './schema-release.ts';

/** etcd runs without the capability to bind the ports below 1024. */
const Port = (description: string, fallback: number) =>
  Type.Optional(Type.Integer({ minimum: 1024, maximum: 65535, default: fallback, description }));

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

const Image = (program: string) =>
  Type.Optional(
    Type.String({
      pattern: '^[!-~]+$',
      maxLength: 400,
      description: `Image of ${program} for \`runtime: static-pod\`, by digest: \`NAME@sha256:…\`.`,
    }),
  );

const Runtime = (program: string) =>
  Type.Optional(
    Type.Enum(['service', 'static-pod'], {
      default: 'service',
      description: `How hosts run ${program}: as a \`service\` of systemd, or as a \`static-pod\` of the kubelet (docs/static-pod.md).`,
    }),
  );

const TlsFiles = (what: string) => ({
  cert: HostPath(`Certificate (PEM) that the member shows to its ${what}.`),
  key: HostPath('Its private key (PEM), readable by user `etcd`.'),
  ca: HostPath(`CA certificates (PEM), up to the root, that ${what} are verified with.`),
});

/** One name: etcd has taken lists since 3.5.15 and 3.6.0 alone (etcd-io/etcd#18160 and #18015, read 2026-11-28). */
const PeerName = (pattern: string, maxLength: number, description: string) =>
  Type.Optional(Type.String({ pattern, maxLength, description }));

const Tls = Type.Object(
  {
    peer: Type.Object(
      {
        ...TlsFiles('peers'),
        allowedHostname: PeerName(
          '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
          253,
          'DNS SAN that the certificates of all peers have, and no other of their CA. Needed, or `allowedCommonName`, where clients have the same CA.',
        ),
        allowedCommonName: PeerName(
          '^[A-Za-z0-9._:@+-]+$',
          64,
          'Common name that the certificates of all peers have, and no other of their CA.',
        ),
      },
      { ...strict, description: 'Between members.' },
    ),
    client: Type.Object(TlsFiles('clients'), { ...strict, description: 'Between members and clients.' }),
  },
  { ...strict, description: 'Paths of files on the host. quorumgate carries no key.' },
);

/**
 * The spec, version 1. The one truth for static types (`Spec`), validation (ajv) and the reference page
 * (docs/spec.md): every property carries its description here and nowhere else.
 *
 * `SpecInput` is what the user writes; `Spec` (see defaults.ts) is the same with every default filled in.
 */
export const SpecSchema = Type.Object(
  {
    version: Type.Literal(1, { description: 'Version of this format.' }),
    cluster: Cluster,
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
        runtime: Runtime('Consul'),
        image: Image('Consul'),
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
        runtime: Runtime('etcd'),
        image: Image('etcd'),
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
    kubernetes: Kubernetes,
    programs: Type.Optional(Programs),
    releases: Type.Optional(Releases),
    documents: Type.Optional(Documents),
    compose: Type.Optional(Compose),
  },
  { ...strict, $id: 'https://quorumgate.invalid/spec-v1.json', title: 'quorumgate cluster spec, version 1' },
);

/** What the user wrote, valid by the schema, defaults not yet filled in. */
export type SpecInput = Static<typeof SpecSchema>;
export type RuntimeName = 'service' | 'static-pod';
export type TlsPaths = Static<typeof Tls>;
export type AddressSource = Static<typeof Address>;

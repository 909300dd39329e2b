import { type Static, Type } from 'typebox';
import { NEWEST } from '../../version/facts.ts';
import { Allow } from './allow.ts';
import { Programs } from './artifact.ts';
import { Cluster } from './cluster.ts';
import { Compose } from './compose.ts';
import { Documents } from './documents.ts';
import { Environment } from './environment.ts';
import { Extra } from './extra.ts';
import { Kubernetes } from './kubernetes.ts';
import { HostPath, SecretPath, strict, Text, WordOr, withDefault } from './parts.ts';
import { Releases } from './release.ts';
import { Secrets } from './secrets.ts';
import { ConsulSettings, EtcdSettings } from './settings.ts';
import { ConsulTls, ConsulTokens, Tls } from './tls.ts';

/** etcd runs without the capability to bind the ports below 1024. */
const Port = (description: string, fallback: number) =>
  withDefault(
    Type.Integer({
      minimum: 1024,
      maximum: 65535,
      tooLow: 'etcd may not use the ports below',
      description,
    }),
    fallback,
  );

const Address = Type.Object(
  {
    interface: Type.Optional(
      Text({
        pattern: '^[A-Za-z0-9._-]{1,15}$',
        form: 'the name of a network interface, for example `eth1`',
        description: 'Use the global IPv4 address of this network interface, for example `eth1`.',
        examples: ['eth1'],
      }),
    ),
    cidr: Type.Optional(
      Text({
        pattern: '^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$',
        form: 'an IPv4 network with its prefix length, for example `10.0.0.0/16`',
        description: 'Use the IPv4 address that lies in this network, for example `10.0.0.0/16`.',
        examples: ['10.0.0.0/16'],
      }),
    ),
    metadata: Type.Optional(
      Type.Enum(['ec2', 'gce', 'azure', 'openstack', 'hetzner', 'digitalocean'], {
        description:
          "Ask the platform's metadata service for the address of the first interface in the private network (`ec2`: IMDSv2 `local-ipv4`; `hetzner`: that of the one private network).",
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
    examples: [{ metadata: 'ec2' }],
  },
);

const Name = withDefault(
  Type.Enum(['hostname', 'fqdn', 'address', 'instance', 'hostname-address', 'hostname-instance'], {
    description:
      'How a host is called in Consul and etcd: by the first label of its host name, by all of it (`fqdn`, dots as dashes), by its address (`ip-10-0-0-5`), by the ID of its instance, which `address.metadata` tells, or by two of these. No two hosts may be called alike.',
  }),
  'hostname',
);

/** That the data directory is a volume of its own. */
const Volume = Type.Object(
  {
    mount: Type.Optional(
      Type.Literal(true, { description: 'You mount it, at the data directory or above it. etcd waits for it.' }),
    ),
    device: Type.Optional(
      Text({
        pattern: '^/dev/[A-Za-z0-9._:@+/-]+$',
        form: 'the path of a block device, for example `/dev/disk/by-id/virtio-etcd`',
        maxLength: 200,
        description:
          'Block device that the host mounts at the data directory, once it is there. It is formatted only when there is nothing on it.',
        examples: ['/dev/disk/by-id/virtio-etcd'],
      }),
    ),
    filesystem: withDefault(
      Type.Enum(['ext4', 'xfs'], { description: 'What a blank `device` is formatted with.' }),
      'ext4',
    ),
  },
  {
    ...strict,
    description:
      "The data directory is a volume: `mount: true` for one that you mount, or `device` for one that the host mounts itself. Without it nothing lands on the host's own disk.",
    examples: [{ mount: true }],
  },
);

const Image = (program: string) =>
  Type.Optional(
    Text({
      pattern: '^[!-~]+$',
      form: 'the name of an image with its digest, `NAME@sha256:…`, without spaces',
      maxLength: 400,
      description: `Image of ${program} for \`runtime: static-pod\`, by digest: \`NAME@sha256:…\`.`,
    }),
  );

const Runtime = (program: string) =>
  withDefault(
    Type.Enum(['service', 'static-pod'], {
      description: `How hosts run ${program}: as a \`service\` of systemd, or as a \`static-pod\` of the kubelet (docs/static-pod.md).`,
    }),
    'service',
  );

/**
 * The spec, version 1. The one truth of a key is its node: type, default, description, form, examples. Static types,
 * validation, defaults (ajv), messages and the reference page (docs/spec.md) are made from it.
 */
export const SpecSchema = Type.Object(
  {
    version: Type.Literal(1, { description: 'Version of this format.' }),
    cluster: Cluster,
    targets: Type.Array(Text({ pattern: '^[a-z0-9-]+$', form: 'the name of a target, for example `aws`' }), {
      minItems: 1,
      uniqueItems: true,
      description: 'Boot systems to compile for.',
      examples: [['aws']],
    }),
    address: Address,
    name: Name,
    consul: Type.Object(
      {
        servers: Type.Enum(['members', 'role', 'existing'], {
          description:
            "Where Consul's servers are: on the `members` themselves, on hosts of a `role` of their own (`consul-server`), or already `existing`.",
        }),
        count: withDefault(
          Type.Integer({
            minimum: 1,
            maximum: 7,
            form: '1, 3, 5 or 7',
            description: 'Number of `consul-server` hosts; only with `servers: role`. Odd.',
          }),
          3,
        ),
        join: Type.Array(
          Text({
            pattern: '^[!-~]([ -~]*[!-~])?$',
            form: 'an address, a host name, or `provider=NAME key=value …`; no spaces at its ends',
            maxLength: 400,
          }),
          {
            minItems: 1,
            uniqueItems: true,
            description:
              "Consul's `retry_join`: addresses or host names of servers, or cloud auto-join (`provider=aws tag_key=… tag_value=…`).",
            examples: [['10.0.0.11', '10.0.0.12', '10.0.0.13']],
          },
        ),
        datacenter: withDefault(
          Text({
            pattern: '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$',
            form: 'lower-case letters, digits, `-` and `_`, starting and ending with a letter or digit',
            maxLength: 40,
            description: "Consul's datacenter.",
          }),
          'dc1',
        ),
        domain: withDefault(
          Text({
            pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
            form: 'a DNS name in lower case without a final dot, for example `consul`',
            maxLength: 60,
            description: "Consul's DNS domain, without a final dot.",
          }),
          'consul',
        ),
        version: Type.Optional(
          Text({
            pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$',
            form: 'three numbers with dots, for example `2.1.0`',
            description:
              'Version that the hosts will run, if known: its agents get the configuration of that version, and what cannot work or is not safe is refused (docs/compatibility.md).',
            examples: [NEWEST.Consul.version],
          }),
        ),
        encrypt: Type.Optional(
          SecretPath(
            "File on the host with Consul's gossip key (`consul keygen`), readable by root alone; or `off`.",
            '/etc/consul-secrets/gossip',
          ),
        ),
        tls: Type.Optional(ConsulTls),
        tokens: Type.Optional(ConsulTokens),
        settings: Type.Optional(ConsulSettings),
        runtime: Runtime('Consul'),
        image: Image('Consul'),
      },
      { ...strict, description: 'Consul, through which members find each other.' },
    ),
    etcd: Type.Object(
      {
        version: Text({
          pattern: '^3\\.[0-9]+\\.[0-9]+$',
          form: 'three numbers with dots, starting with 3, for example `3.7.3`',
          description:
            'Version that the hosts will run, for example `3.7.3`; docs/compatibility.md says what is refused.',
          examples: [NEWEST.etcd.version],
        }),
        peerPort: Port('Port for peers.', 2380),
        clientPort: Port('Port for clients.', 2379),
        metricsPort: Port('Port for health and metrics.', 2381),
        metricsAt: withDefault(
          Type.Enum(['loopback', 'host'], {
            description:
              "Where health and metrics are to be had: on 127.0.0.1 alone, or on the `host`'s address too, for Prometheus: with TLS by who shows a client's certificate, else by anybody.",
          }),
          'loopback',
        ),
        dataDirectory: withDefault(HostPath('Data directory on the host.', '/srv/etcd'), '/var/lib/etcd'),
        volume: Type.Optional(Volume),
        replaceDeadAfter: withDefault(
          Type.Integer({
            minimum: 0,
            maximum: 604_800,
            description:
              'Seconds of silence, in Consul and at its port for peers, after which a waiting host may remove a member and take its place. 0: never; `quorumgate member retire` removes it then.',
          }),
          60,
        ),
        discovery: withDefault(
          Type.Enum(['committed', 'srv'], {
            description:
              '`committed`: etcd is handed the member list agreed in Consul (safe, lives without Consul). `srv`: etcd asks DNS itself (`--discovery-srv`; weaker).',
          }),
          'committed',
        ),
        runtime: Runtime('etcd'),
        image: Image('etcd'),
        settings: Type.Optional(EtcdSettings),
      },
      { ...strict, description: 'etcd on the members: its version, ports and data.' },
    ),
    secrets: Type.Optional(Secrets),
    tls: Type.Optional(
      WordOr(['off'], Tls, {
        description:
          'Certificates by their paths on the host, or `off`, in so many words, for plain http. With `secrets` it may be left out: the files are those.',
        examples: ['off'],
      }),
    ),
    kubernetes: withDefault(Kubernetes, {}),
    programs: withDefault(Programs, {}),
    releases: Type.Optional(Releases),
    environment: Type.Optional(Environment),
    extra: Type.Optional(Extra),
    documents: withDefault(Documents, {}),
    compose: Type.Optional(Compose),
    allow: Type.Optional(Allow),
  },
  { ...strict, $id: 'https://quorumgate.invalid/spec-v1.json', title: 'quorumgate cluster spec, version 1' },
);

/** The spec as the user wrote it, valid by the schema, defaults not yet filled in. */
export type SpecInput = Static<typeof SpecSchema>;

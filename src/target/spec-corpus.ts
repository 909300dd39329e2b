import fc from 'fast-check';
import { extra } from './extra-corpus.ts';

/** Valid specs of every kind, as YAML (JSON is YAML here: no string in it is out of the ordinary). Test code. */
const hash = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const artifact = (name: string) =>
  fc.record({
    url: fc.constantFrom(`https://example.com/a?b=%20+c/${name}.tar.gz`, `http://10.0.0.1/${name}`),
    sha256: hash,
  });
/** By URLs that say so; its hash need not be given. */
const script = fc.record(
  {
    url: fc.constantFrom('https://example.com/etcd-sidekick.cjs', 'http://10.0.0.1/a/b.cjs?x=%20#y'),
    sha256: hash,
  },
  { requiredKeys: ['url'] },
);
const source = (name: string) => fc.oneof(fc.constant('image'), artifact(name));
const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}[a-z0-9]$/);

const network = fc.constantFrom('192.168.56.0/24', '172.20.0.0/16');
const address = fc.oneof(
  fc.record({ interface: fc.constantFrom('eth1', 'enp0s8.2', 'ens-x_1') }),
  fc.record({ metadata: fc.constant('ec2') }),
  { weight: 3, arbitrary: fc.record({ cidr: network }) },
);

const paths = (kind: string) =>
  fc.constantFrom(
    {
      cert: `/etc/etcd/${kind}.crt`,
      key: `/etc/etcd/${kind}.key`,
      ca: `/etc/etcd/${kind}-ca.crt`,
      crl: `/etc/etcd/${kind}.crl`,
    },
    { cert: `/var/lib/pki/${kind}+1@x.pem`, key: `/var/lib/pki/${kind}-key.pem`, ca: `/var/lib/pki/${kind}.ca.pem` },
  );

/** With what etcd has to know its peers by, or without. */
const peerPaths = fc
  .tuple(
    paths('peer'),
    fc.constantFrom({}, { allowedHostname: 'etcd-1.example' }, { allowedCommonName: 'system:a@B+_' }),
  )
  .map(([files, name]) => ({ ...files, ...name }));

const consul = fc
  .record({
    servers: fc.constantFrom('members', 'role', 'existing'),
    domain: fc.constantFrom('consul', 'c.example'),
    datacenter: fc.constantFrom('dc1', 'eu-1_b'),
    version: fc.constantFrom(undefined, '2.1.0'),
    cloud: fc.boolean(),
    secrets: fc.constantFrom(
      {},
      {},
      { encrypt: '/etc/consul-secrets/gossip' },
      { tokens: { agent: '/srv/secrets/agent', dns: '/srv/secrets/dns', sidekick: '/srv/secrets/sidekick-1@x' } },
      {
        version: '2.1.0',
        encrypt: '/etc/consul-secrets/gossip',
        tls: { ca: '/etc/consul-tls/ca.crt', cert: '/etc/consul-tls/consul.crt', key: '/etc/consul-tls/consul.key' },
        tokens: {
          agent: '/etc/consul-secrets/agent',
          dns: '/etc/consul-secrets/dns',
          sidekick: '/etc/consul-secrets/sidekick',
        },
      },
    ),
  })
  .map(({ secrets, ...rest }) => ({ ...rest, ...secrets }));

/** How a spec is secured besides: by what it says, or by what is brought. */
const secrets = fc.oneof(
  { weight: 9, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { secrets: 'image' },
      { secrets: 'credentials' },
      { secrets: { command: 'aws ssm get-parameter "$QG_NAME" | base64 -d' } },
      { secrets: { url: 'https://example.com/s', sha256: 'a'.repeat(64), command: 'openssl enc -d\n', timeout: 9 } },
    ),
  },
);

/** Files that are brought take the place of those that the spec names. */
function withSecrets(spec: Whole, given: { secrets?: unknown }): Whole {
  if (given.secrets === undefined) return spec;
  const { tls: _, ...rest } = spec;
  return { ...rest, ...given, consul: { ...spec.consul, version: '2.1.0' } };
}

const image = (name: string) => hash.map((digest) => `example.com:5000/${name}@sha256:${digest}`);
/** Programs that run as static pods, and the kind of kubelet. */
const pods = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      which: fc.constantFrom<string[]>(['etcd'], ['consul'], ['etcd', 'consul']),
      etcd: image('etcd'),
      consul: image('consul'),
      kubernetes: fc.constantFrom(
        {},
        { mode: 'stand-alone' },
        { mode: 'joined', labels: ['a.example/b=c_d', 'e='], taints: ['a.example/b:NoSchedule', 'c=d:NoExecute'] },
        { mode: 'joined', clusterDns: ['10.96.0.10'], bootstrapKubeconfig: '/etc/b.conf', clientCa: '/etc/ca.pem' },
      ),
      kubelet: fc.oneof(source('kubelet'), fc.constant('package')),
      containerd: fc.constantFrom('image', 'image', 'package'),
    }),
  },
);

/** The addresses that the first Consul servers of a network get. */
function join(servers: string, cidr: string | undefined, cloud: boolean): string[] {
  if (cloud && cidr === undefined) return ['provider=aws tag_key=etcd tag_value="a b"'];
  const start = (cidr ?? '10.0.0.0/8').replace(/0\/\d+$/, '');
  return [servers === 'role' ? `${start}11` : `${start}101`];
}

const documents = fc.record(
  {
    platform: fc.constantFrom('ec2', 'azure', 'gce', 'openstack', 'hetzner', 'vsphere', 'virtualbox', 'qemu'),
    baseUrl: fc.constantFrom('https://example.com/a/b~1', 'http://10.0.0.1:8080/', 'https://x'),
    timeout: fc.integer({ min: 10, max: 3600 }),
  },
  { requiredKeys: [] },
);
/** A spec with some of its programs as static pods. */
function withPods(spec: Whole, given: typeof pods extends fc.Arbitrary<infer T> ? T : never) {
  if (given === undefined) return spec;
  const { which, kubernetes, kubelet, containerd } = given;
  const inPod = (name: 'etcd' | 'consul') =>
    which.includes(name) ? { runtime: 'static-pod', image: given[name] } : { runtime: 'service' };
  const own = Object.entries(spec.programs).filter(([name]) => !which.includes(name));
  return {
    ...spec,
    consul: { ...spec.consul, ...inPod('consul') },
    etcd: { ...spec.etcd, ...inPod('etcd'), ...(which.includes('etcd') ? { discovery: 'committed' } : {}) },
    kubernetes,
    programs: { ...Object.fromEntries(own), kubelet, containerd },
  };
}

interface Whole extends Record<string, unknown> {
  consul: object;
  etcd: object;
  programs: object;
}

export const specs: fc.Arbitrary<string> = fc
  .record({
    name: label,
    size: fc.constantFrom(1, 3, 5, 7, 9),
    called: fc.constantFrom(undefined, undefined, 'fqdn', 'address', 'hostname-address'),
    address,
    consul,
    etcd: fc.record({
      version: fc.constantFrom('3.7.3', '3.5.35', '3.6.16'),
      peerPort: fc.constantFrom(2380, 12380),
      dataDirectory: fc.constantFrom('/var/lib/etcd', '/data/etcd', '/mnt/disk-1/etcd'),
      volume: fc.constantFrom(...Array(14).fill(undefined), { mount: true }, { device: '/dev/vdb' }),
      settings: fc.constantFrom(
        {},
        { 'quota-backend-bytes': 8_589_934_592, 'pre-vote': false, metrics: 'extensive' },
        { 'heartbeat-interval': 250, 'election-timeout': 2500, 'auto-compaction-retention': '8h', cors: '*' },
      ),
      metricsAt: fc.constantFrom(undefined, undefined, 'host'),
      replaceDeadAfter: fc.nat(604_800),
      discovery: fc.constantFrom('committed', 'srv'),
    }),
    tls: fc.oneof(fc.constant('off'), fc.record({ peer: peerPaths, client: paths('client') })),
    programs: fc.record({
      consul: source('consul'),
      etcd: source('etcd'),
      socat: fc.oneof(fc.constant('package'), source('socat')),
    }),
    documents: fc.option(documents, { nil: undefined }),
    environment: fc.constantFrom(
      undefined,
      undefined,
      { httpProxy: 'http://proxy.example.com:3128', noProxy: ['.example.com', '10.0.0.0/8'] },
      { httpsProxy: 'https://[fd00::1]:8080/' },
    ),
    extra,
    sidekick: fc.oneof(
      { weight: 1, arbitrary: fc.record({ node: fc.oneof(fc.constant('package'), source('node')) }) },
      { weight: 1, arbitrary: fc.record({ sidekick: script, node: fc.oneof(fc.constant('package'), source('node')) }) },
      { weight: 2, arbitrary: fc.record({ sidekick: artifact('etcd-sidekick') }) },
    ),
    pods,
    secrets,
    compose: fc.constantFrom({ base: 'localhost/base:1' }, { base: `example.com:5000/a/b@sha256:${'0'.repeat(64)}` }),
  })
  .map(
    ({
      name,
      size,
      called,
      address: from,
      consul: { cloud, ...agent },
      etcd,
      tls,
      programs,
      documents: places,
      environment,
      extra: wanted,
      sidekick,
      pods: given,
      secrets: brought,
      compose,
    }) =>
      JSON.stringify(
        withPods(
          withSecrets(
            {
              version: 1,
              cluster: { name, size },
              targets: ['aws'],
              address: from,
              name: called,
              consul: { ...agent, join: join(agent.servers, 'cidr' in from ? from.cidr : undefined, cloud) },
              etcd,
              tls,
              programs: { ...programs, ...sidekick },
              documents: places,
              // For nothing, it is one too many.
              ...(programs.socat !== 'image' && { environment }),
              extra: wanted,
              compose,
            },
            brought,
          ),
          given,
        ),
      ),
  );

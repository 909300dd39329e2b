import { ALLOWABLE } from '../diagnostic/codes.ts';
import type { LockedPrograms } from './lock.ts';
import { PROGRAMS } from './rule/program.ts';

/** Specs in which each key has something to say, for effect.test.ts. Test code. */
export interface Context {
  /** Without `targets`. */
  spec: object;
  locked?: LockedPrograms;
}

const hash = (digit: number) => String(digit).repeat(64);
const program = (name: string, digit: number) => ({ url: `https://example.com/${name}`, sha256: hash(digit) });
const image = (name: string) => `example.com/${name}@sha256:${hash(0)}`;
const files = (name: string) => ({
  cert: `/etc/x/${name}.crt`,
  key: `/etc/x/${name}.key`,
  ca: `/etc/x/${name}-ca.crt`,
});

const versions = { consul: '2.1.0', etcd: '3.7.3', socat: '1.8.0.3', node: '20.19.5', sidekick: '0.1.0' };

/** Two indexes that know the same releases at other places. */
export const INDEXES = Object.fromEntries(
  ['a.json', 'b.json'].map((index) => [
    index,
    {
      format: 1,
      releases: PROGRAMS.map((name) => ({
        program: name,
        version: versions[name],
        arch: 'amd64',
        url: `https://example.com/${index}/${name}`,
        sha256: hash(PROGRAMS.indexOf(name)),
      })),
    },
  ]),
);

const base = {
  version: 1,
  cluster: { name: 'mycluster', size: 3 },
  address: { cidr: '192.168.56.0/24' },
  consul: { servers: 'members', join: ['192.168.56.101'] },
  etcd: { version: '3.7.3' },
  tls: 'off',
  compose: { base: 'localhost/base' },
};

const fetched = {
  ...base,
  programs: {
    consul: program('consul', 1),
    etcd: program('etcd', 2),
    socat: program('socat', 3),
    node: program('node', 4),
    sidekick: { url: 'https://example.com/etcd-sidekick.cjs' },
  },
};

const pods = {
  ...base,
  consul: { servers: 'role', join: ['192.168.56.11'], runtime: 'static-pod', image: image('consul') },
  etcd: { ...base.etcd, runtime: 'static-pod', image: image('etcd') },
  kubernetes: { mode: 'joined' },
  programs: { kubelet: program('kubelet', 5), node: 'image', containerd: 'image', sidekick: program('sidekick', 6) },
};

const secured = (name: object) => ({
  ...fetched,
  tls: { peer: { ...files('peer'), ...name }, client: files('client') },
});

/** A Consul that is secured. */
const guarded = {
  ...fetched,
  consul: {
    ...base.consul,
    version: versions.consul,
    encrypt: '/etc/x/gossip',
    tls: files('consul'),
    tokens: { agent: '/etc/x/agent', dns: '/etc/x/dns', sidekick: '/etc/x/sidekick' },
  },
};

/** Secrets that are fetched. */
const delivered = {
  ...guarded,
  consul: { ...base.consul, version: versions.consul },
  secrets: { url: 'https://example.com/secrets.tar', sha256: hash(7), command: 'cat', timeout: 60 },
};

const released = {
  ...base,
  consul: { ...base.consul, version: versions.consul },
  programs: Object.fromEntries(PROGRAMS.map((name) => [name, 'release'])),
  releases: {
    index: Object.fromEntries(PROGRAMS.map((name) => [name, 'a.json'])),
    versions: { socat: versions.socat, node: versions.node, sidekick: versions.sidekick },
  },
};

const locked = Object.fromEntries(
  PROGRAMS.map((name, index) => [
    name,
    { version: versions[name], arch: 'amd64' as const, ...program(`${name}.tar.gz`, index) },
  ]),
);

/** All that may be allowed is there. */
const allowed = {
  ...fetched,
  consul: { ...fetched.consul, version: '1.21.5' },
  etcd: { version: '3.4.45' },
  allow: Object.fromEntries(ALLOWABLE.map((code) => [code, 'because'])),
};

export const CONTEXTS: readonly Context[] = [
  { spec: { ...fetched, etcd: { ...base.etcd, volume: { device: '/dev/vdb' } } } },
  {
    spec: {
      ...fetched,
      etcd: { ...fetched.etcd, settings: {} },
      environment: { httpProxy: 'http://proxy.example.com:3128' },
    },
  },
  {
    spec: {
      ...fetched,
      consul: { servers: 'role', join: ['192.168.56.11'] },
      extra: { all: { groups: ['a'] }, etcd: { groups: ['b'] }, 'consul-server': { groups: ['c'] } },
    },
  },
  { spec: allowed },
  { spec: pods },
  { spec: secured({}) },
  { spec: guarded },
  { spec: delivered },
  { spec: released, locked },
  // Inline sidekicks have no room where a document is fetched by a stub, or on EC2.
  {
    spec: {
      ...fetched,
      programs: { ...fetched.programs, sidekick: 'inline' },
      documents: { platform: 'virtualbox', baseUrl: 'https://example.com/boot' },
    },
  },
];

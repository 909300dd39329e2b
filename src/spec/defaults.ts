import type { AddressSource, RuntimeName, SpecInput, TlsPaths } from './schema.ts';
import type { Platform } from './schema-documents.ts';
import type { ProgramName, ProgramSource, SidekickSource } from './schema-program.ts';
import type { Releases } from './schema-release.ts';

/** A spec with every default filled in: what plan/ works on. */
export interface Spec {
  version: 1;
  cluster: { name: string; size: number; operatorKeys: string[] };
  targets: string[];
  address: AddressSource;
  consul: {
    servers: 'members' | 'role' | 'existing';
    /** Number of consul-server hosts; 0 unless `servers` is `role`. */
    count: number;
    join: string[];
    datacenter: string;
    domain: string;
    version?: string;
    runtime: RuntimeName;
    /** By digest; there with `static-pod`. */
    image?: string;
  };
  etcd: {
    version: string;
    peerPort: number;
    clientPort: number;
    metricsPort: number;
    dataDirectory: string;
    /** Seconds; 0: never. */
    replaceDeadAfter: number;
    discovery: 'committed' | 'srv';
    runtime: RuntimeName;
    /** By digest; there with `static-pod`. */
    image?: string;
  };
  /** Of the kubelet, where something runs as a static pod. */
  kubernetes: {
    mode: 'stand-alone' | 'joined';
    bootstrapKubeconfig: string;
    clientCa: string;
    clusterDns: string[];
    clusterDomain: string;
    labels: string[];
    taints: string[];
  };
  tls: 'off' | TlsPaths;
  /** `release` until the lock file has been read (see locked.ts). */
  programs: Record<ProgramName, ProgramSource> & {
    containerd: 'package' | 'image';
    sidekick: SidekickSource;
  };
  releases?: Required<Releases>;
  documents: {
    platform: Platform;
    baseUrl?: string;
    /** Seconds. */
    timeout: number;
  };
  /** Of target `compose`: the image that its own is built from. */
  compose?: { base: string };
}

function withKeys({ operatorKeys = [], ...cluster }: SpecInput['cluster']): Spec['cluster'] {
  return { ...cluster, operatorKeys: [...operatorKeys] };
}

export function withDefaults(input: SpecInput): Spec {
  const { consul, etcd, documents = {} } = input;
  return {
    version: 1,
    cluster: withKeys(input.cluster),
    targets: [...input.targets],
    address: { ...input.address },
    consul: {
      servers: consul.servers,
      count: consul.servers === 'role' ? (consul.count ?? 3) : 0,
      join: [...consul.join],
      datacenter: consul.datacenter ?? 'dc1',
      domain: consul.domain ?? 'consul',
      ...(consul.version === undefined ? {} : { version: consul.version }),
      runtime: consul.runtime ?? 'service',
      ...(consul.image === undefined ? {} : { image: consul.image }),
    },
    etcd: {
      version: etcd.version,
      peerPort: etcd.peerPort ?? 2380,
      clientPort: etcd.clientPort ?? 2379,
      metricsPort: etcd.metricsPort ?? 2381,
      dataDirectory: etcd.dataDirectory ?? '/var/lib/etcd',
      replaceDeadAfter: etcd.replaceDeadAfter ?? 60,
      discovery: etcd.discovery ?? 'committed',
      runtime: etcd.runtime ?? 'service',
      ...(etcd.image === undefined ? {} : { image: etcd.image }),
    },
    kubernetes: kubernetesDefaults(input.kubernetes),
    tls: input.tls,
    programs: programDefaults(input.programs),
    ...(input.releases && { releases: { arch: 'amd64', versions: {}, ...input.releases } }),
    documents: {
      platform: documents.platform ?? 'ec2',
      ...(documents.baseUrl === undefined ? {} : { baseUrl: documents.baseUrl }),
      timeout: documents.timeout ?? 300,
    },
    ...(input.compose === undefined ? {} : { compose: { ...input.compose } }),
  };
}

function kubernetesDefaults(given: SpecInput['kubernetes'] = {}): Spec['kubernetes'] {
  return {
    mode: given.mode ?? 'stand-alone',
    bootstrapKubeconfig: given.bootstrapKubeconfig ?? '/etc/kubernetes/bootstrap-kubelet.conf',
    clientCa: given.clientCa ?? '/etc/kubernetes/pki/ca.crt',
    clusterDns: [...(given.clusterDns ?? [])],
    clusterDomain: given.clusterDomain ?? 'cluster.local',
    labels: [...(given.labels ?? [])],
    taints: [...(given.taints ?? [])],
  };
}

function programDefaults(given: SpecInput['programs'] = {}): Spec['programs'] {
  return {
    consul: given.consul ?? 'image',
    etcd: given.etcd ?? 'image',
    socat: given.socat ?? 'package',
    node: given.node ?? 'package',
    kubelet: given.kubelet ?? 'image',
    containerd: given.containerd ?? 'package',
    sidekick: given.sidekick ?? 'inline',
  };
}

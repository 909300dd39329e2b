import type {
  AddressSource,
  ProgramName,
  ProgramSource,
  Releases,
  SidekickSource,
  SpecInput,
  TlsPaths,
} from './schema.ts';
import type { Platform } from './schema-documents.ts';

/** A spec with every default filled in: what plan/ works on. */
export interface Spec {
  version: 1;
  cluster: { name: string; size: number };
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
  };
  tls: 'off' | TlsPaths;
  /** `release` until the lock file has been read (see locked.ts). */
  programs: Record<ProgramName, ProgramSource> & { sidekick: SidekickSource };
  releases?: Required<Releases>;
  documents: {
    platform: Platform;
    baseUrl?: string;
    /** Seconds. */
    timeout: number;
  };
}

export function withDefaults(input: SpecInput): Spec {
  const { consul, etcd, programs = {}, documents = {} } = input;
  return {
    version: 1,
    cluster: { ...input.cluster },
    targets: [...input.targets],
    address: { ...input.address },
    consul: {
      servers: consul.servers,
      count: consul.servers === 'role' ? (consul.count ?? 3) : 0,
      join: [...consul.join],
      datacenter: consul.datacenter ?? 'dc1',
      domain: consul.domain ?? 'consul',
      ...(consul.version === undefined ? {} : { version: consul.version }),
    },
    etcd: {
      version: etcd.version,
      peerPort: etcd.peerPort ?? 2380,
      clientPort: etcd.clientPort ?? 2379,
      metricsPort: etcd.metricsPort ?? 2381,
      dataDirectory: etcd.dataDirectory ?? '/var/lib/etcd',
      replaceDeadAfter: etcd.replaceDeadAfter ?? 60,
      discovery: etcd.discovery ?? 'committed',
    },
    tls: input.tls,
    programs: {
      consul: programs.consul ?? 'image',
      etcd: programs.etcd ?? 'image',
      socat: programs.socat ?? 'package',
      node: programs.node ?? 'package',
      sidekick: programs.sidekick ?? 'inline',
    },
    ...(input.releases && { releases: { arch: 'amd64', versions: {}, ...input.releases } }),
    documents: {
      platform: documents.platform ?? 'ec2',
      ...(documents.baseUrl === undefined ? {} : { baseUrl: documents.baseUrl }),
      timeout: documents.timeout ?? 300,
    },
  };
}

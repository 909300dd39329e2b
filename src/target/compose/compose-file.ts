import { dump } from 'js-yaml';
import { wantsPackages } from '../../plan/environment.ts';
import type { NumberedHost } from '../../plan/hosts.ts';
import type { Plan } from '../../plan/plan.ts';
import { proxyVariables } from '../../plan/proxy.ts';
import type { Spec } from '../../spec/defaults.ts';
import { numbered } from '../numbered.ts';
import { type Container, containersOf, HOST_UNIT, serviceName } from './containers.ts';
import { users } from './limits.ts';

/** The part of the Compose format that is used: as Compose 1.29 and 2 both take it. */
interface Service {
  image: string;
  build?: { context: string; dockerfile: string; args?: Record<string, string> };
  command: string[];
  user: string;
  hostname?: string;
  dns?: string[];
  network_mode?: string;
  networks?: Record<string, { ipv4_address: string }>;
  sysctls?: Record<string, string>;
  depends_on?: string[];
  volumes: Mount[];
  healthcheck: { test: string[]; interval: string; timeout: string; retries: number };
  cap_drop: string[];
  security_opt: string[];
  restart: string;
}

interface Mount {
  type: 'volume' | 'bind';
  source: string;
  target: string;
  read_only?: boolean;
}

export interface ComposeFile {
  services: Record<string, Service>;
  networks: Record<string, { ipam: { config: { subnet: string }[] } }>;
  volumes: Record<string, object>;
}

/** The one compose file of a cluster: each host is a few containers in one network namespace. */
export function composeFile(spec: Spec, plans: readonly Plan[]): ComposeFile {
  const { cidr, hosts } = numbered(spec);
  const file: ComposeFile = {
    services: {},
    networks: { default: { ipam: { config: [{ subnet: cidr }] } } },
    volumes: {},
  };
  const built = new Set<string>();
  for (const host of hosts) {
    const plan = plans.find(({ role }) => role === host.role);
    for (const container of plan === undefined ? [] : containersOf(plan)) {
      const service = serviceOf(spec, host, container);
      // One build an image: the others find it there.
      if (built.has(host.role)) delete service.build;
      built.add(host.role);
      file.services[serviceName(host, container.unit)] = service;
    }
    for (const volume of VOLUMES[host.role]) file.volumes[`${host.name}-${volume}`] = {};
  }
  return file;
}

/**
 * Volumes that a host's containers share. `run` is no tmpfs: Docker unmounts one that is in use when the start of another container with
 * it fails, as after a power cut, and mounts an empty one for those that come later (Engine 20.10.24, seen 2026-11-25).
 */
const VOLUMES = {
  etcd: ['etcd', 'etcd-run', 'etcd-state', 'consul', 'machine', 'run'],
  'consul-server': ['consul', 'machine', 'run'],
} as const;

function serviceOf(spec: Spec, host: NumberedHost, container: Container): Service {
  const { unit, user, after } = container;
  const owner = serviceName(host, HOST_UNIT);
  const isOwner = unit === HOST_UNIT;
  return {
    image: `localhost/quorumgate-${spec.cluster.name}-${host.role}`,
    build: { context: '..', dockerfile: `compose/${host.role}/Dockerfile`, ...buildArgs(spec) },
    command: [unit],
    user: `${users[user]}:${users[user]}`,
    ...(isOwner
      ? {
          hostname: host.name,
          dns: ['127.0.0.1'],
          networks: { default: { ipv4_address: host.address } },
          sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
        }
      : {
          // By itself also what this comes after, and is restarted with: Compose 2 does the latter only if no more is said.
          network_mode: `service:${owner}`,
          ...(after.length > 0 && { depends_on: after.map((name) => serviceName(host, name)) }),
        }),
    volumes: mounts(spec, host, container),
    healthcheck: {
      test: ['CMD-SHELL', container.health(spec)],
      interval: isOwner ? '1s' : '5s',
      timeout: '5s',
      retries: isOwner ? 30 : 3,
    },
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'always',
  };
}

/** Docker knows these names: they are there while the image is built, and not in it. */
function buildArgs(spec: Spec) {
  const args = proxyVariables(spec);
  return Object.keys(args).length > 0 && wantsPackages(spec) ? { args } : {};
}

function mounts(spec: Spec, { name }: NumberedHost, { unit, user }: Container): Mount[] {
  const volume = (disk: string, target: string): Mount => ({ type: 'volume', source: `${name}-${disk}`, target });
  const run = volume('run', '/run/quorumgate');
  if (unit === HOST_UNIT) return [run, volume('machine', '/var/lib/quorumgate')];
  if (user === 'consul') return [run, volume('consul', '/var/lib/consul')];
  if (user !== 'etcd') return [run];
  return [
    run,
    { ...volume('machine', '/var/lib/quorumgate'), read_only: true },
    volume('etcd', spec.etcd.dataDirectory),
    // Sockets of this host's own etcd: nobody else has them.
    volume('etcd-run', '/run/etcd'),
    volume('etcd-state', '/var/lib/quorumgate-etcd'),
    ...tlsFiles(spec).map(
      (path): Mount => ({ type: 'bind', source: `../tls/${name}${path}`, target: path, read_only: true }),
    ),
  ];
}

function tlsFiles({ tls }: Spec): string[] {
  if (tls === 'off') return [];
  return [...new Set([tls.peer, tls.client].flatMap(({ cert, key, ca, crl = ca }) => [cert, key, ca, crl]))];
}

export function printComposeFile(file: ComposeFile): string {
  return `# Made by quorumgate: change the spec and compile again.\n${dump(file, { lineWidth: -1, noRefs: true, indent: 2 })}`;
}

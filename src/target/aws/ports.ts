import type { Spec } from '../../spec/defaults.ts';
import { serverRole } from './tags.ts';

/** One rule of a security group: what hosts take connections for, and from whom. */
export interface PortRule {
  to: string;
  from: string;
  protocol: 'tcp' | 'udp';
  port: number;
  what: string;
}

/**
 * Everything that hosts of a spec listen on beyond 127.0.0.1. Consul's ports are its defaults, which quorumgate does
 * not change (developer.hashicorp.com/consul/docs/reference/architecture/ports, 2026-11-25). 8302 is between datacenters only.
 */
export function portRules(spec: Pick<Spec, 'consul' | 'etcd'>): PortRule[] {
  const { peerPort, clientPort, metricsPort, metricsAt } = spec.etcd;
  const servers = serverRole(spec) ?? 'existing Consul servers';
  const agents = [...new Set(['etcd', servers])];
  const tcp = (to: string, from: string, port: number, what: string): PortRule => ({
    to,
    from,
    protocol: 'tcp',
    port,
    what,
  });
  const gossip = agents.flatMap((to) =>
    agents.flatMap((from) => {
      const rule = tcp(to, from, 8301, 'Consul, gossip');
      return [rule, { ...rule, protocol: 'udp' as const }];
    }),
  );
  return [
    tcp('etcd', 'etcd', peerPort, 'etcd, peers'),
    tcp('etcd', 'etcd', clientPort, 'etcd, joining members ask the others'),
    tcp('etcd', 'clients', clientPort, 'etcd, clients'),
    ...(metricsAt === 'host' ? [tcp('etcd', 'monitoring', metricsPort, 'etcd, health and metrics')] : []),
    ...agents.map((from) => tcp(servers, from, 8300, 'Consul, agents to servers')),
    ...gossip,
  ];
}

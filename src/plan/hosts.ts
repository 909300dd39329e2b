import { type Ipv4Network, toAddress } from '../format/ipv4.ts';
import type { Role } from './plan.ts';

/** A host of a spec whose hosts are made here and get their addresses from us. */
export interface NumberedHost {
  name: string;
  role: Role;
  address: string;
}

/** Of a spec: how many hosts of each role. */
export interface Counts {
  cluster: { size: number };
  consul: { count: number };
}

/** How the hosts of a cluster are called, and how far their addresses are from where the first cluster's are. */
export interface Place {
  prefix: string;
  shift: number;
}

/** Hosts of each role are counted from here in their network: `consul-server-1` is `.11`, `etcd-1` is `.101`. */
export const FIRST_OFFSET: Record<Role, number> = { 'consul-server': 10, etcd: 100 };

/** The narrowest network that holds `.101` to `.109`. */
export const LONGEST_PREFIX = 25;

/** The hosts of a spec, in the order of their start: Consul's own servers first. */
export function numberedHosts(
  { cluster, consul }: Counts,
  { base }: Pick<Ipv4Network, 'base'>,
  { prefix, shift }: Place = { prefix: '', shift: 0 },
): NumberedHost[] {
  const many = (role: Role, count: number): NumberedHost[] =>
    Array.from({ length: count }, (_, index) => ({
      name: `${prefix}${role}-${index + 1}`,
      role,
      address: toAddress(base + FIRST_OFFSET[role] + shift + index + 1),
    }));
  return [...many('consul-server', consul.count), ...many('etcd', cluster.size)];
}

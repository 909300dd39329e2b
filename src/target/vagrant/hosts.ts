import type { Role } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';

export interface VagrantHost {
  name: string;
  role: Role;
  address: string;
}

export interface Network {
  base: number;
  prefix: number;
}

/** Where hosts of each role begin: `consul-server-1` is `.11`, `etcd-1` is `.101`. */
const FIRST: Record<Role, number> = { 'consul-server': 11, etcd: 101 };

export function toNetwork(cidr: string): Network {
  const [address = '', prefix = ''] = cidr.split('/');
  return { base: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), prefix: Number(prefix) };
}

export function overlap(one: Network, other: Network): boolean {
  const size = 2 ** (32 - Math.min(one.prefix, other.prefix));
  return Math.floor(one.base / size) === Math.floor(other.base / size);
}

export function netmask({ prefix }: Network): string {
  return dotted(2 ** 32 - 2 ** (32 - prefix));
}

/** The boxes of a spec, in the order of their start: Consul's own servers first. */
export function hostsOf({ cluster, consul }: Pick<Spec, 'cluster' | 'consul'>, { base }: Network): VagrantHost[] {
  const many = (role: Role, count: number): VagrantHost[] =>
    Array.from({ length: count }, (_, index) => ({
      name: `${role}-${index + 1}`,
      role,
      address: dotted(base + FIRST[role] + index),
    }));
  return [...many('consul-server', consul.count), ...many('etcd', cluster.size)];
}

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

import type { Role } from '../plan/plan.ts';
import type { Spec } from '../spec/defaults.ts';
import { LabError } from './lab-error.ts';

/** The lab's network: the bridge is `.1`, consul-server-K `.10+K`, etcd-K `.100+K`. */
export interface Network {
  cidr: string;
  prefix: number;
  gateway: string;
}

export interface HostPlan {
  name: string;
  role: Role;
  address: string;
}

export const DEFAULT_NETWORK = '10.77.0.0/24';
const HIGHEST_OFFSET = 100 + 9;

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** The address so many above the network's own. */
export function addressAt(network: Network, by: number): string {
  return toAddress(toNumber(network.gateway) - 1 + by);
}

/** The offsets that a host may have: the network's own address, the bridge and the broadcast address are none. */
export function roomOf({ prefix }: Network): { lowest: number; last: number } {
  return { lowest: 2, last: 2 ** (32 - prefix) - 2 };
}

/** `etcd-3` -> 3. */
export function numberOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? 0);
}

/** Where hosts of each role begin. */
export const FIRST_OFFSET: Record<Role, number> = { 'consul-server': 10, etcd: 100 };

/** The network of a spec whose address is a network, else the lab's own. */
export function networkOf(spec: Pick<Spec, 'address'>): Network {
  const cidr = spec.address.cidr ?? DEFAULT_NETWORK;
  const [address = '', bits = ''] = cidr.split('/');
  const prefix = Number(bits);
  const size = 2 ** (32 - prefix);
  if (size <= HIGHEST_OFFSET + 1) {
    throw new LabError(
      `the network ${cidr} is too small for the lab`,
      'Use a network of /25 or wider in `address.cidr`.',
    );
  }
  const base = Math.floor(toNumber(address) / size) * size;
  return { cidr: `${toAddress(base)}/${prefix}`, prefix, gateway: toAddress(base + 1) };
}

/** The hosts that a spec (after the lab's overlay) makes, Consul's own servers first. */
export function hostsOf(spec: Pick<Spec, 'cluster' | 'consul'>, network: Network): HostPlan[] {
  const many = (role: Role, count: number): HostPlan[] =>
    Array.from({ length: count }, (_, index) => ({
      name: `${role}-${index + 1}`,
      role,
      address: addressAt(network, FIRST_OFFSET[role] + index + 1),
    }));
  return [...many('consul-server', spec.consul.count), ...many('etcd', spec.cluster.size)];
}

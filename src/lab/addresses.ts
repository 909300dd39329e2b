import type { Role } from '../plan/plan.ts';
import type { Spec } from '../spec/defaults.ts';
import { LabError } from './lab-error.ts';

/** The lab's network: the bridge is `.1`, consul-server-K `.10+K`, etcd-K `.100+K`; see `placeBeside` for others. */
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

/** How the hosts of a cluster are called, and how far their addresses are from where the first cluster's are. */
export interface Place {
  prefix: string;
  shift: number;
}

const FIRST: Place = { prefix: '', shift: 0 };
/** Between the addresses of one cluster and of the next: room for hosts that are replaced. */
const SHIFT = 50;

export const DEFAULT_NETWORK = '10.77.0.0/24';
const LARGEST = 9;
const HIGHEST_OFFSET = 100 + LARGEST;

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

/** The place of a cluster beside the first, the `index`-th one: hosts `NAME-etcd-1`, the first such at `.151`. */
export function placeBeside(network: Network, cluster: string, index: number): Place {
  const shift = SHIFT * index;
  if (shift + HIGHEST_OFFSET > roomOf(network).last) {
    throw new LabError(
      `the network ${network.cidr} has no room for cluster ${cluster} beside what is there`,
      'Use a wider one in `address.cidr` of the first spec.',
    );
  }
  return { prefix: `${cluster}-`, shift };
}

/** Of a spec: how many hosts of each role. */
export interface Counts {
  cluster: { size: number };
  consul: { count: number };
}

/** The hosts that a spec (after the lab's overlay) makes, Consul's own servers first. */
export function hostsOf(spec: Counts, network: Network, place: Place = FIRST): HostPlan[] {
  const many = (role: Role, count: number): HostPlan[] =>
    Array.from({ length: count }, (_, index) => ({
      name: `${place.prefix}${role}-${index + 1}`,
      role,
      address: addressAt(network, FIRST_OFFSET[role] + place.shift + index + 1),
    }));
  return [...many('consul-server', spec.consul.count), ...many('etcd', spec.cluster.size)];
}

/** The hosts of a spec and those that it may once grow by. */
export function hostsEver(spec: Counts, network: Network, place: Place | undefined): HostPlan[] {
  return hostsOf({ ...spec, cluster: { ...spec.cluster, size: LARGEST } }, network, place);
}

/** Where Consul's servers are: on hosts of their own, else on the members. */
export function consulAddresses(hosts: readonly HostPlan[]): string[] {
  const own = hosts.filter(({ role }) => role === 'consul-server');
  return (own.length > 0 ? own : hosts).map(({ address }) => address);
}

import { toAddress, toNetwork, toNumber } from '../../format/ipv4.ts';
import { type Counts, FIRST_OFFSET, type NumberedHost, numberedHosts, type Place } from '../../plan/hosts.ts';
import type { Spec } from '../../spec/defaults.ts';
import { LabError } from '../machine/lab-error.ts';

/** The lab's network: the bridge is `.1`, consul-server-K `.10+K`, etcd-K `.100+K`; see `placeBeside` for others. */
export interface Network {
  cidr: string;
  prefix: number;
  gateway: string;
}

export type { Place };
export type HostPlan = NumberedHost;

/** Between the addresses of one cluster and of the next: room for hosts that are replaced. */
const SHIFT = 50;

const DEFAULT_NETWORK = '10.77.0.0/24';
/** Members of the largest cluster. */
export const LARGEST = 9;
/** Members of a cluster that may be named one after the other, as hosts are replaced. */
const EVER = 40;
const HIGHEST_OFFSET = FIRST_OFFSET.etcd + LARGEST;

/** The address so many above the network's own. */
export function addressAt(network: Network, by: number): string {
  return toAddress(toNumber(network.gateway) - 1 + by);
}

/** The hardware address of the host at an address, of a range that EC2 uses too. */
export function macOf(address: string): string {
  return ['06', '00', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
}

/** This machine's own address beside a virtual machine, in its host's namespace: as far from the network's end as the host's from its begin. */
export function addressBeside(network: Network, address: string): string {
  return addressAt(network, roomOf(network).last - (toNumber(address) - toNumber(network.gateway) + 1));
}

/** The offsets that a host may have: the network's own address, the bridge and the broadcast address are none. */
export function roomOf({ prefix }: Network): { lowest: number; last: number } {
  return { lowest: 2, last: 2 ** (32 - prefix) - 2 };
}

/** `etcd-3` -> 3. */
export function numberOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? 0);
}

/** The network of a spec whose address is a network, else the lab's own. */
export function networkOf(spec: Pick<Spec, 'address'>): Network {
  const cidr = spec.address.cidr ?? DEFAULT_NETWORK;
  const { base, prefix } = toNetwork(cidr);
  if (2 ** (32 - prefix) <= HIGHEST_OFFSET + 1) {
    throw new LabError(
      `the network ${cidr} is too small for the lab`,
      'Use a network of /25 or wider in `address.cidr`.',
    );
  }
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

/** The hosts that a spec (after the lab's overlay) makes, Consul's own servers first. */
export function hostsOf(spec: Counts, network: Network, place?: Place): HostPlan[] {
  return numberedHosts(spec, toNetwork(network.cidr), place);
}

/** The hosts of a spec, and those that may come in the place of others or beside them. */
export function hostsEver(spec: Counts, network: Network, place: Place | undefined): HostPlan[] {
  const size = Math.min(EVER, roomOf(network).last - FIRST_OFFSET.etcd - (place?.shift ?? 0));
  return hostsOf({ ...spec, cluster: { ...spec.cluster, size } }, network, place);
}

/** Where Consul's servers are: on hosts of their own, else on the members. */
export function consulAddresses(hosts: readonly HostPlan[]): string[] {
  const own = hosts.filter(({ role }) => role === 'consul-server');
  return (own.length > 0 ? own : hosts).map(({ address }) => address);
}

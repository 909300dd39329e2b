import { FIRST_OFFSET } from '../../plan/hosts.ts';
import { LabError } from '../machine/lab-error.ts';
import { addressAt, type HostPlan, numberOf, roomOf } from '../network/addresses.ts';
import type { LabState } from './state.ts';

type Known = Pick<LabState, 'network' | 'retired' | 'beside'> & { hosts: readonly HostPlan[] };

/** One host more: the next number of its role that was never used, at an address that nobody has or had. */
export function nextHost(
  { network, beside, hosts, retired = [] }: Known,
  role: HostPlan['role'],
  elsewhere: readonly HostPlan[] = [],
): HostPlan {
  const known = [...hosts, ...retired];
  const highest = Math.max(0, ...known.filter((host) => host.role === role).map(({ name }) => numberOf(name)));
  const taken = new Set([...known, ...elsewhere].map(({ address }) => address));
  const { prefix = '', shift = 0 } = beside ?? {};
  const { lowest, last } = roomOf(network);
  // From the usual place of that number onwards, then anywhere: `.1` is the bridge.
  const usual = FIRST_OFFSET[role] + shift + highest + 1;
  for (let step = 0; step <= last - lowest; step++) {
    const offset = lowest + ((usual - lowest + step) % (last - lowest + 1));
    const address = addressAt(network, offset);
    if (!taken.has(address)) return { name: `${prefix}${role}-${highest + 1}`, role, address };
  }
  throw new LabError(`the network ${network.cidr} has no free address`, 'Use a wider one in `address.cidr`.');
}

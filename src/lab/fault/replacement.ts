import { addressAt, FIRST_OFFSET, type HostPlan, numberOf, roomOf } from '../addresses.ts';
import { LabError } from '../lab-error.ts';
import type { LabState } from '../state.ts';

type Known = Pick<LabState, 'network' | 'retired'> & { hosts: readonly HostPlan[] };

/** The host that takes another's place: the next number of its role that was never used, at a free address. */
export function replacementFor({ network, hosts, retired = [] }: Known, old: HostPlan): HostPlan {
  const known = [...hosts, ...retired];
  const highest = Math.max(...known.filter(({ role }) => role === old.role).map(({ name }) => numberOf(name)));
  const taken = new Set(known.map(({ address }) => address));
  const { lowest, last } = roomOf(network);
  // From the usual place of that number onwards, then anywhere: `.1` is the bridge.
  const usual = FIRST_OFFSET[old.role] + highest + 1;
  for (let step = 0; step <= last - lowest; step++) {
    const offset = lowest + ((usual - lowest + step) % (last - lowest + 1));
    const address = addressAt(network, offset);
    if (!taken.has(address)) return { name: `${old.role}-${highest + 1}`, role: old.role, address };
  }
  throw new LabError(`the network ${network.cidr} has no free address`, 'Use a wider one in `address.cidr`.');
}

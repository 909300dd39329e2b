import type { HostPlan } from '../network/addresses.ts';

/** One fault: which, on whom, how long, and how long nothing happens before it. */
export interface Choice {
  kind: string;
  hosts: string[];
  /** A host that is not hit, for faults between two; one that is, when all are. */
  other: string;
  /** Seconds. */
  pause: number;
  lasts: number;
  /** 0 to 100: how bad, where that can be said. */
  amount: number;
  /** More hosts than a quorum can bear to lose. */
  beyond: boolean;
}

/** How often more is hit than a quorum bears: then writes stop, and must come back. */
const BEYOND = 0.2;

function shuffled<T>(list: readonly T[], next: () => number): T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(Math.floor(next() * left.length), 1));
}

/** The part of a kind by which it is chosen. */
export interface Choosable {
  name: string;
  /** A member's disk is lost with it: never on more members than a quorum bears, since nothing brings them back. */
  destroys?: true;
}

/** The next fault. Always draws the same number of times, so that one list of kinds and one seed are one story. */
export function choose(
  next: () => number,
  kinds: readonly Choosable[],
  hosts: readonly Pick<HostPlan, 'name' | 'role'>[],
  members: number,
): Choice {
  const bearable = Math.floor((members - 1) / 2);
  const possible = kinds.filter(({ destroys }) => !destroys || bearable > 0);
  const { name: kind, destroys = false } = possible[Math.floor(next() * possible.length)] ?? { name: '' };
  const order = shuffled(hosts, next).flatMap(({ name, role }) => (destroys && role !== 'etcd' ? [] : name));
  const beyond = (next() < BEYOND || bearable === 0) && !destroys;
  const [from, to] = beyond ? [bearable + 1, order.length] : [1, bearable];
  const count = from + Math.floor(next() * (to - from + 1));
  const [pause, lasts, amount] = [1 + next() * 4, 1 + next() * 11, Math.round(next() * 100)];
  const hit = order.slice(0, count);
  const tenth = (seconds: number) => Math.round(seconds * 10) / 10;
  return {
    kind,
    hosts: hit.sort(),
    other: order[count] ?? order[0] ?? '',
    pause: tenth(pause),
    lasts: tenth(lasts),
    amount,
    beyond,
  };
}

import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';

/** An option of a fault: a number (`signed`: below 0 too), one of a few words, or there or not. */
export type FaultOption = { help: string } & (
  | { number: string; required?: true; signed?: true }
  | { choices: readonly string[] }
  | { flag: true }
);

/** How chaos plays a fault; `each` host by itself, all of them `together`, or each on its own side of it, `apart`. */
export interface Chance<Options> {
  name: string;
  hit: 'each' | 'together' | 'apart';
  /** @param amount 0 to 100: how bad */
  options?(amount: number): Options;
  /** The fault that ends it, of the hosts that were hit or of `all`; it ends by itself where there is none. */
  end?: { fault: 'thaw' | 'reboot' | 'heal' | 'startConsul'; all?: true };
  /** A member's disk is lost with it. */
  destroys?: true;
}

/**
 * A thing that can be broken, or healed: one row, of which the command line, its help, `lab.fault` and chaos are made. Its name is that of its
 * row in `FAULTS`. `play` does it, and says in one line what it did.
 *
 * @template Args hosts, or groups of hosts, then an object of options where it has any
 */
export interface Fault<Args extends unknown[], Options = object> {
  help: string;
  /** As the command line shows them: `<host>`; `[host...]`: any number, none is all of them; `<group...>`: of several hosts each. */
  args: readonly ('<host>' | '<from>' | '<to>' | '<host...>' | '[host...]' | '<group...>')[];
  options?: { [Name in keyof Options]-?: FaultOption };
  chaos?: readonly Chance<Options>[];
  play(scene: Scene, ...args: Args): Promise<string>;
}

export type OnHost<Options = object> = Fault<[host: HostState, options?: Options], Options>;
export type OnHosts = Fault<HostState[]>;

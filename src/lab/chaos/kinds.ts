import type { Chance, Fault } from '../fault/fault.ts';
import { FAULTS, type FaultName, type Faults } from '../fault/faults.ts';
import type { Choice, Choosable } from './choose.ts';

/** A kind of fault as chaos plays it: what begins it, and what ends it where it does not end by itself. */
export interface ChaosKind extends Choosable {
  begin(faults: Faults, choice: Choice): Promise<string[]>;
  end?(faults: Faults, choice: Choice): Promise<string[]>;
}

type Play = (...args: unknown[]) => Promise<string>;

/** On all hosts at once. None is still at work when the first failure is told. */
async function onEach(hosts: readonly string[], act: (host: string) => Promise<string>): Promise<string[]> {
  const ended = await Promise.allSettled(hosts.map(act));
  return ended.map((end) => {
    if (end.status === 'fulfilled') return end.value;
    throw end.reason;
  });
}

function kindOf(fault: FaultName, chance: Chance<unknown>): ChaosKind {
  const { name, hit, options, end, destroys } = chance;
  const isOfGroups = (FAULTS[fault] as Pick<Fault<never[]>, 'args'>).args[0] === '<group...>';
  const play = (faults: Faults, which: FaultName) => faults[which] as Play;
  return {
    name,
    ...(destroys && { destroys }),
    begin: async (faults, { hosts, amount }) => {
      const act = play(faults, fault);
      if (hit === 'each') return onEach(hosts, (host) => act(host, options?.(amount)));
      if (hit === 'apart') return [await act(...hosts.map((host) => [host]))];
      return [await (isOfGroups ? act(hosts) : act(...hosts))];
    },
    ...(end && {
      end: async (faults: Faults, { hosts }: Choice) => {
        const act = play(faults, end.fault);
        if (end.all) return [await act()];
        return FAULTS[end.fault].args[0] === '<host>' ? onEach(hosts, (host) => act(host)) : [await act(...hosts)];
      },
    }),
  };
}

/** All kinds, of the faults' own rows. */
export const KINDS: readonly ChaosKind[] = (Object.keys(FAULTS) as FaultName[]).flatMap((name) => {
  const { chaos = [] } = FAULTS[name] as { chaos?: readonly Chance<unknown>[] };
  return chaos.map((chance) => kindOf(name, chance));
});

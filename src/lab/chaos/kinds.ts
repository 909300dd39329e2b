import type { Faults } from '../fault/faults.ts';
import type { Choice, Choosable } from './choose.ts';

/** A kind of fault as chaos plays it: what begins it, and what ends it where it does not end by itself. */
export interface ChaosKind extends Choosable {
  /** Whether this version heals it by itself; others are never chosen. */
  heals: boolean;
  begin(faults: Faults, choice: Choice): Promise<string[]>;
  end?(faults: Faults, choice: Choice): Promise<string[]>;
}

/** On all hosts at once. None is still at work when the first failure is told. */
const each =
  (act: (faults: Faults, host: string, choice: Choice) => Promise<string>) =>
  async (faults: Faults, choice: Choice): Promise<string[]> => {
    const ended = await Promise.allSettled(choice.hosts.map((host) => act(faults, host, choice)));
    return ended.map((end) => {
      if (end.status === 'fulfilled') return end.value;
      throw end.reason;
    });
  };
const once = (act: (faults: Faults, hosts: string[]) => Promise<string>) => async (f: Faults, c: Choice) => [
  await act(f, c.hosts),
];

const heal = once((faults, hosts) => faults.heal(...hosts));
const healAll = once((faults) => faults.heal());
const thaw = each((faults, host) => faults.thaw(host));

/**
 * All kinds, as data. Only a host that was given another's disk waits for an operator, by design: no protocol can tell
 * which of two with one identity is the right one.
 */
export const KINDS: readonly ChaosKind[] = [
  { name: 'kill-etcd', heals: true, begin: each((faults, host) => faults.kill(host, 'etcd')) },
  { name: 'kill-consul', heals: true, begin: each((faults, host) => faults.kill(host, 'consul')) },
  { name: 'kill-socat', heals: true, begin: each((faults, host) => faults.kill(host, 'socat')) },
  { name: 'freeze-etcd', heals: true, begin: each((faults, host) => faults.freeze(host, 'etcd')), end: thaw },
  { name: 'freeze-consul', heals: true, begin: each((faults, host) => faults.freeze(host, 'consul')), end: thaw },
  { name: 'freeze-host', heals: true, begin: each((faults, host) => faults.freeze(host)), end: thaw },
  { name: 'reboot', heals: true, begin: each((faults, host) => faults.reboot(host)) },
  {
    name: 'power-off',
    heals: true,
    begin: each((faults, host) => faults.kill(host)),
    end: each((faults, host) => faults.reboot(host)),
  },
  { name: 'partition', heals: true, begin: once((faults, hosts) => faults.partition(hosts)), end: healAll },
  {
    name: 'isolate',
    heals: true,
    begin: once((faults, hosts) => faults.partition(...hosts.map((host) => [host]))),
    end: healAll,
  },
  { name: 'delay', heals: true, begin: each((faults, host, { amount }) => faults.delay(host, 10 + amount)), end: heal },
  { name: 'loss', heals: true, begin: each((faults, host, { amount }) => faults.loss(host, amount / 5)), end: heal },
  {
    name: 'stop-consul',
    heals: true,
    begin: once((faults, hosts) => faults.stopConsul(...hosts)),
    end: once((faults, hosts) => faults.startConsul(...hosts)),
  },
  { name: 'wipe', heals: true, destroys: true, begin: each((faults, host) => faults.wipe(host)) },
  { name: 'replace', heals: true, destroys: true, begin: each((faults, host) => faults.replace(host)) },
  {
    name: 'clone-disk',
    heals: false,
    begin: each(async (faults, host, { other }) => {
      await faults.kill(host);
      return faults.cloneDisk(other, host);
    }),
    end: each((faults, host) => faults.reboot(host)),
  },
  { name: 'wipe-consul', heals: true, begin: once((faults, hosts) => faults.wipeConsul(...hosts)) },
];

import { setTimeout as sleep } from 'node:timers/promises';
import { pidsOf } from '../fault/program.ts';
import { monotonic } from '../host/host.ts';
import { inside } from '../host/inside.ts';
import type { Lab } from '../lab.ts';
import { attachVolume, detachVolume, foreignEtcd, rollBack } from './disk-attacks.ts';

/** An attack on the disks of hosts, no more of them than a quorum can spare; it returns when it is over, healed or not. */
type DiskAttack = (lab: Lab, hosts: string[], seconds: number) => Promise<void>;

const each = (lab: Lab, hosts: string[], act: (host: ReturnType<Lab['host']>) => Promise<unknown>) =>
  Promise.all(hosts.map((name) => act(lab.host(name))));

export const DISK_ATTACKS: Readonly<Record<string, DiskAttack>> = {
  /** D1, D2. */
  foreign: async (lab, hosts, seconds) => {
    const foreign = await Promise.all(hosts.map((name) => foreignEtcd(lab.layout, lab.host(name))));
    await sleep((10 + seconds) * 1000);
    await Promise.all(foreign.map((one) => one.end()));
  },
  /** D3, D4. */
  'rolled-back': async (lab, hosts) => {
    await each(lab, hosts, rollBack);
  },
  /** D3: with the power off in between. */
  'rolled-back-off': async (lab, hosts, seconds) => {
    await each(lab, hosts, rollBack);
    for (const name of hosts) await lab.kill(name);
    await sleep(seconds * 1000);
    for (const name of hosts) await lab.start(name);
  },
  /** D6. */
  'without-volume': async (lab, hosts, seconds) => {
    await each(lab, hosts, detachVolume);
    for (const name of hosts) await lab.fault.reboot(name);
    await sleep((20 + seconds) * 1000);
    await each(lab, hosts, attachVolume);
  },
  /** Words must not hold data back. */
  restart: async (lab, hosts) => {
    const runs = (name: string) => pidsOf(lab, lab.host(name), 'etcd').join();
    const before = new Map(hosts.map((name) => [name, runs(name)]));
    await each(lab, hosts, (host) => inside(host, ['systemctl', 'restart', '--no-block', 'etcd']));
    const end = monotonic() + 30;
    const isAgain = () => hosts.every((name) => runs(name) !== '' && runs(name) !== before.get(name));
    while (!isAgain() && monotonic() < end) await sleep(200);
  },
};

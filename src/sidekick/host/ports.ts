import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ports } from '../shared/ports.ts';
import { peerUrl, type Settings, serverSrvName } from '../shared/settings.ts';
import { consulPort } from './consul.ts';
import { diskPort } from './disk.ts';
import { dnsPort } from './dns.ts';
import { etcdPort } from './etcd.ts';
import { say } from './say.ts';

/** This host. */
export function realPorts(settings: Settings): Ports {
  const consul = consulPort(settings);
  const etcd = etcdPort(settings);
  const dns = dnsPort();
  /** Once all are there, all of this is asked in a row, and what a process does for the first time takes longer. */
  const rehearse = () => {
    const name = serverSrvName(settings);
    const own = peerUrl(settings, settings.address, settings.peerPort);
    return Promise.allSettled([dns.srv(name), dns.countOverTcp(name), etcd.peer(own, 1000), consul.machines(1000)]);
  };
  let rehearsed: Promise<unknown> | undefined;
  return {
    consul: {
      ...consul,
      change: async (indexes) => {
        rehearsed ??= rehearse();
        await rehearsed;
        return consul.change(indexes);
      },
    },
    etcd,
    disk: diskPort(settings),
    dns,
    clock: { now: () => performance.now(), date: () => Math.floor(Date.now() / 1000), sleep: (ms) => sleep(ms) },
    say,
    random: () => randomUUID(),
  };
}

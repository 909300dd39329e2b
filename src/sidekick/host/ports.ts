import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ports } from '../shared/ports.ts';
import type { Settings } from '../shared/settings.ts';
import { consulPort } from './consul.ts';
import { diskPort } from './disk.ts';
import { dnsPort } from './dns.ts';
import { etcdPort } from './etcd.ts';
import { say } from './say.ts';

/** This host. */
export function realPorts(settings: Settings): Ports {
  return {
    consul: consulPort(settings),
    etcd: etcdPort(settings),
    disk: diskPort(settings),
    dns: dnsPort(),
    clock: { now: () => performance.now(), date: () => Math.floor(Date.now() / 1000), sleep: (ms) => sleep(ms) },
    say,
    random: () => randomUUID(),
  };
}

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../sidekick/shared/settings.ts';
import { operatorConsul } from './consul.ts';
import { operatorEtcd } from './etcd.ts';
import type { OperatorPorts } from './ports.ts';

/** The cluster, as it is reached from here. */
export function operatorPorts(settings: Settings): OperatorPorts {
  return {
    consul: operatorConsul(settings),
    etcd: operatorEtcd(settings),
    clock: { now: () => performance.now(), date: () => Math.floor(Date.now() / 1000), sleep: (ms) => sleep(ms) },
    random: () => randomUUID(),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonic } from '../host/host.ts';
import type { Scene } from '../host/scene.ts';
import { clientOf } from './client.ts';

/** The outcome of a client's writing. */
export interface Written {
  prefix: string;
  /** Numbers of the writes that etcd acknowledged; each is a key and its value. */
  acknowledged: number[];
  attempts: number;
  /** Seconds. */
  longestGap: number;
}

export interface Writer {
  /** At any moment; a gap counts while it lasts. */
  soFar(): Written;
  stop(): Promise<Written>;
}

/** Twelve digits: as text in the order of the numbers. */
export function keyOf(prefix: string, number: number): string {
  return `${prefix}${String(number).padStart(12, '0')}`;
}

/**
 * Puts increasing keys, one after the other, as a client does that knows all members. etcdctl is that of one host, and of
 * the next one whenever a write is not acknowledged: the host may be gone, or have no etcdctl yet.
 */
export function startWriter(scene: Scene, prefix: string): Writer {
  const written: Written = { prefix, acknowledged: [], attempts: 0, longestGap: 0 };
  let stopped = false;
  let last = monotonic();
  let turn = 0;
  const gap = () => {
    written.longestGap = Math.max(written.longestGap, monotonic() - last);
  };
  const work = async () => {
    while (!stopped) {
      const members = scene.state.hosts.filter(({ role }) => role === 'etcd');
      const member = members[turn % members.length];
      if (member === undefined) {
        await sleep(50);
        continue;
      }
      written.attempts += 1;
      const number = written.attempts;
      const { exitCode } = await clientOf(scene, member, ['put', keyOf(prefix, number), String(number)], '2s', members);
      if (exitCode === 0) {
        gap();
        last = monotonic();
        written.acknowledged.push(number);
      } else turn += 1;
      await sleep(50);
    }
  };
  const working = work();
  // Seen by who stops it, not as an error that nobody has caught meanwhile.
  working.catch(() => {});
  return {
    soFar: () => {
      gap();
      return written;
    },
    stop: async () => {
      stopped = true;
      await working;
      gap();
      return written;
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonic } from '../host/host.ts';
import type { HostState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { slowest } from '../target/targets.ts';
import { look, type Seen } from './look.ts';

const INTERVAL = 300;

export interface WatchOptions {
  timeoutSeconds: number;
  signal?: AbortSignal | undefined;
  onLook?: (seen: Seen[]) => void;
}

export interface Watched {
  seen: Seen[];
  /** When each host's agent was first seen to name a leader, by host name. */
  leaderAt: Map<string, number>;
  outcome: 'up' | 'dead' | 'timeout';
}

/** Looks at the hosts until all are up, one can no longer come up, or the time is over. */
export async function watch(hosts: readonly HostState[], options: WatchOptions): Promise<Watched> {
  const leaderAt = new Map<string, number>();
  const interval = INTERVAL * slowest(hosts);
  const end = monotonic() + options.timeoutSeconds;
  for (;;) {
    const began = monotonic();
    const seen = await Promise.all(hosts.map((host) => look(host)));
    if (options.signal?.aborted)
      throw new LabError('interrupted while waiting for the hosts', 'Everything was undone.');
    for (const { host, leader } of seen) {
      if (leader !== '' && !leaderAt.has(host.name)) leaderAt.set(host.name, monotonic());
    }
    options.onLook?.(seen);
    if (seen.every(({ up }) => up)) return { seen, leaderAt, outcome: 'up' };
    if (seen.some(({ alive }) => !alive)) return { seen, leaderAt, outcome: 'dead' };
    if (monotonic() > end) return { seen, leaderAt, outcome: 'timeout' };
    await sleep(Math.max(50, interval - (monotonic() - began) * 1000), undefined, { signal: options.signal }).catch(
      () => {},
    );
  }
}

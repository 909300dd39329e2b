import type { Seen } from './look.ts';

/** Moments on the way up, in the order in which a member passes them. */
const PHASES = ['configured', 'programs', 'consul leader', 'registered', 'gate opened', 'up'] as const;
export type Phase = (typeof PHASES)[number];

export interface PhaseSummary {
  phase: Phase;
  /** Seconds after the host's own start. */
  median: number;
  maximum: number;
}

/** When a host passed each phase, in seconds after its own start; by systemd's own stamps where there are any. */
export function phasesOf(seen: Seen, leaderAt: number | undefined): Partial<Record<Phase, number>> {
  const unit = (name: string) => seen.units.get(name);
  const at: Partial<Record<Phase, number | undefined>> = {
    configured: unit('quorumgate-host.service')?.mainStartedAt,
    programs: unit('quorumgate-program@etcd.service')?.activeAt,
    'consul leader': leaderAt,
    registered: unit('etcd-register-server.service')?.mainExitedAt,
    'gate opened': unit('etcd.service')?.mainStartedAt,
    up: seen.host.role === 'etcd' ? unit('etcd-cluster.target')?.activeAt : leaderAt,
  };
  const start = seen.host.startedAt ?? 0;
  return Object.fromEntries(
    Object.entries(at).flatMap(([name, time]) => (time === undefined ? [] : [[name, time - start]])),
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Median and maximum over hosts; phases that no host passed are left out. */
export function summarize(hosts: readonly Partial<Record<Phase, number>>[]): PhaseSummary[] {
  return PHASES.flatMap((phase) => {
    const values = hosts.map((host) => host[phase]).filter((value) => value !== undefined);
    return values.length === 0 ? [] : [{ phase, median: median(values), maximum: Math.max(...values) }];
  });
}

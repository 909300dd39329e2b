import type { ToldStep } from '../../report/steps.ts';
import type { Seen } from './look.ts';

/** When a host passed each step of the table, in seconds after its own start; by systemd's own stamps where there are any. */
export function phasesOf(seen: Seen, leaderAt: number | undefined): Partial<Record<ToldStep, number>> {
  const unit = (name: string) => seen.units.get(name);
  const at: Partial<Record<ToldStep, number | undefined>> = {
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

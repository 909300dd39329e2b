import { summarize } from '../../report/steps.ts';
import { inside, isUp } from '../host/inside.ts';
import { consoleLog, hostLog } from '../host/journal.ts';
import type { Layout } from '../machine/layout.ts';
import type { ClusterView } from '../members/cluster.ts';
import type { Seen } from './look.ts';
import { phasesOf } from './phases.ts';
import { table } from './table.ts';
import type { Watched } from './watch.ts';

const yes = (value: boolean) => (value ? 'yes' : 'no');

/** The members, and whether they are the one cluster that the record predicts. */
export function clusterReport(view: ClusterView, width?: number): string {
  const rows = view.rows.map((row) => [
    row.name === row.host ? row.host : `${row.host} (${row.name})`,
    row.address,
    row.memberId || '-',
    yes(row.started),
    yes(row.leader),
    row.healthy ? 'healthy' : 'unhealthy',
    row.version || '-',
  ]);
  const actual = view.actual.join(' and ') || 'none';
  const verdict = view.one ? 'equal: one cluster' : 'NOT one healthy cluster as predicted';
  return (
    table([['HOST', 'ADDRESS', 'MEMBER ID', 'STARTED', 'LEADER', 'HEALTH', 'ETCD'], ...rows], width) +
    `cluster ID: predicted ${view.predicted || 'none (Consul shows no record)'}, actual ${actual}: ${verdict}\n`
  );
}

/** How long each phase took, counted from each host's own start. */
export function phaseReport({ seen, leaderAt }: Watched): string {
  const summaries = summarize(seen.map((one) => phasesOf(one, leaderAt.get(one.host.name))));
  const rows = summaries.map(({ step, median, maximum }) => [step, median.toFixed(1), maximum.toFixed(1)]);
  return table([['SECONDS AFTER BOOT', 'MEDIAN', 'MAXIMUM'], ...rows]);
}

/** For each host that is not up: where it is, and the last that the unit said which it waits for. */
export async function stuckReport(layout: Layout, seen: readonly Seen[]): Promise<string> {
  const parts = seen
    .filter(({ up }) => !up)
    .map(async ({ host, step, unit, status }) => {
      const lines = isUp(host)
        ? await inside(host, ['journalctl', '--no-pager', '-q', '-n', '15', ...(unit ? ['-u', unit] : [])]).then(
            ({ stdout }) => stdout,
            // A machine that has not come so far as to be asked.
            () => consoleLog(layout, host, 15),
          )
        : await hostLog(layout, host, 15);
      const indented = lines.trim().replace(/^/gm, '    ');
      return `${host.name}: ${step}${unit ? ` (${unit})` : ''}: ${status || 'no status'}\n${indented}\n`;
    });
  return (await Promise.all(parts)).join('');
}

import { table } from '../view/table.ts';
import type { ChaosTold } from './play.ts';

/** The closing summary. */
export function chaosReport({ written, played, longestHealing, broken }: ChaosTold): string {
  const faults = [...played].sort(([a], [b]) => a.localeCompare(b)).map(([name, count]) => `${count} ${name}`);
  const count = [...played.values()].reduce((sum, times) => sum + times, 0);
  const verdict = broken.length === 0 ? 'one cluster, nothing lost, nothing failed, all healthy' : broken.join('; ');
  return table([
    ['writes acknowledged', `${written.acknowledged.length} of ${written.attempts}`],
    ['longest gap between them', `${written.longestGap.toFixed(1)} s`],
    ['faults played', `${count}${count === 0 ? '' : `: ${faults.join(', ')}`}`],
    ['longest healing', `${longestHealing.toFixed(1)} s`],
    ['checked', verdict],
  ]);
}

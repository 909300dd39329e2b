import { dense } from '../plan/file.ts';
import { fill } from '../plan/fill.ts';
import type { Assets, PlanFile } from '../plan/plan.ts';
import type { Uploaded } from './upload.ts';

export const FETCH = '/opt/quorumgate/libexec/fetch';
export const FETCH_UNIT = 'quorumgate-fetch.service';

/** The document with which a host fetches the rest of itself. */
export function fetchFiles({ scripts, templates }: Assets, { url, sha256 }: Uploaded, seconds: number): PlanFile[] {
  const [script, unit] = [scripts['fetch'], templates[FETCH_UNIT]];
  if (script === undefined || unit === undefined) throw new Error('missing asset fetch');
  return [
    { path: FETCH, mode: 0o755, content: dense(script), pointer: '' },
    {
      path: `/etc/systemd/system/${FETCH_UNIT}`,
      mode: 0o644,
      content: fill(unit, { url, sha256, seconds: String(seconds) }),
      pointer: '/documents',
    },
  ];
}

/** Restarted and not started: an image may hold a unit of that name which refers to something else, and is done. */
export const FETCH_COMMANDS = [
  ['systemctl', '--quiet', 'enable', FETCH_UNIT],
  ['systemctl', '--no-block', 'restart', FETCH_UNIT],
];

import { ETCD_SETTINGS } from '../../version/etcd-settings.ts';
import { isIn } from '../../version/range.ts';
import type { Problem } from '../problem.ts';
import type { Rule } from './draft.ts';

/** etcd's own, in milliseconds, where nothing is said (3.4 to 3.7). */
const BEAT = 100;
const ELECTION = 1000;
const LONGEST = 50_000;

const number = (value: unknown, fallback: number) => (typeof value === 'number' ? value : fallback);

/** A version that does not have a flag ends at once. */
export const settingVersions: Rule = ({ etcd }) => {
  const version = etcd?.version;
  if (version === undefined) return [];
  return Object.keys(etcd?.settings ?? {}).flatMap((flag): Problem[] => {
    const from = ETCD_SETTINGS[flag]?.from;
    if (from === undefined || isIn(version, { from })) return [];
    const message = `etcd ${version} has no \`--${flag}\`: it came with ${from}.`;
    return [{ code: 'setting-unknown', pointer: `/etcd/settings/${flag}`, on: 'key', message, detail: { from } }];
  });
};

/** As etcd itself checks it, before it starts (server/embed/config.go). */
export const elections: Rule = ({ etcd }) => {
  const { 'heartbeat-interval': beat, 'election-timeout': election } = etcd?.settings ?? {};
  if (beat === undefined && election === undefined) return [];
  const [every, after] = [number(beat, BEAT), number(election, ELECTION)];
  const least = 5 * every;
  if (after >= least && after <= LONGEST) return [];
  const pointer = `/etcd/settings/${election === undefined ? 'heartbeat-interval' : 'election-timeout'}`;
  const message =
    after > LONGEST
      ? `An election after ${after} ms: etcd takes no more than ${LONGEST}.`
      : `An election after ${after} ms, with a heartbeat every ${every} ms: etcd wants five heartbeats, and does not start.`;
  return [{ code: 'election-timeout', pointer, message, detail: { least: Math.min(least, LONGEST), most: LONGEST } }];
};

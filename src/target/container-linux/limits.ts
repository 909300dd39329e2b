import type { Limit } from '../target.ts';

/** One physical line of a unit. Ignition stops the boot at a longer one. */
export const unitLineLimit: Limit = {
  bytes: 2_048,
  counted: 'raw',
  place: 'one line of a unit',
  source: 'go-systemd, unit/deserialize.go, SYSTEMD_LINE_MAX; seen with Ignition 0.35 and 2.17',
  date: '2026-11-01',
};

/** systemd of the releases that the target is for; the last of all has 241. */
export const systemd = {
  oldest: '239',
  source: 'NEWS of systemd 239: SystemCallFilter=@system-service, which the units name',
  date: '2026-11-23',
};

import type { Limit } from '../target.ts';

/** The narrowest of the places that take a whole document: what fits there fits everywhere. */
export const userDataLimit: Limit = {
  bytes: 16_384,
  counted: 'raw bytes, before base64; EC2',
  source: 'EC2 User Guide, "Run commands when you launch an EC2 instance with user data input"',
  date: '2026-11-01',
};

/** One physical line of a unit. Ignition stops the boot at a longer one. */
export const unitLineLimit: Limit = {
  bytes: 2_048,
  counted: 'bytes of one line of a unit',
  source: 'go-systemd, unit/deserialize.go, SYSTEMD_LINE_MAX; seen with Ignition 0.35 and 2.17',
  date: '2026-11-01',
};

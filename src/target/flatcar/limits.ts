import type { Limit } from '../target.ts';

/** The narrowest of the places that take a whole document: what fits there fits everywhere. */
export const userDataLimit: Limit = {
  bytes: 16_384,
  counted: 'raw bytes, before base64; EC2',
  source: 'EC2 User Guide, "Run commands when you launch an EC2 instance with user data input"',
  date: '2026-11-01',
};

/** Other places that Flatcar is started from, for those who read; the first in bytes of base64. */
export const elsewhere: readonly Limit[] = [
  { bytes: 65_535, counted: 'base64; OpenStack', source: 'Nova API guide, user data', date: '2026-11-01' },
  { bytes: 65_535, counted: 'raw bytes; Azure', source: 'learn.microsoft.com, custom data', date: '2026-11-01' },
  { bytes: 262_144, counted: 'raw bytes; GCE', source: 'cloud.google.com, metadata values', date: '2026-11-01' },
  { bytes: 1_024, counted: 'raw bytes; VirtualBox from 7.2.8', source: 'coreos/ignition#2226', date: '2026-04-01' },
];

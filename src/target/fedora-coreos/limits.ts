import type { Limit } from '../target.ts';

/** The narrowest of the places that take a whole document: what fits there fits everywhere. */
export const userDataLimit: Limit = {
  bytes: 16_384,
  counted: 'raw bytes, before base64; EC2',
  source: 'EC2 User Guide, "Run commands when you launch an EC2 instance with user data input"',
  date: '2026-11-01',
};

import type { Limit } from '../target.ts';

export const userDataLimit: Limit = {
  bytes: 16_384,
  counted: 'raw bytes, before base64',
  source: 'EC2 User Guide, "Run commands when you launch an EC2 instance with user data input"',
  date: '2026-11-01',
};

import type { Limit } from '../target.ts';

export const imageLimit: Limit = {
  bytes: Number.POSITIVE_INFINITY,
  counted: 'raw',
  place: 'files of an image, any size',
  source: 'Docker Engine 20.10',
  date: '2026-11-25',
};

/** Users of the programs, as numbers: the base image need not know them. */
export const users = { root: 0, etcd: 2379, consul: 8500, nobody: 65_534 } as const;

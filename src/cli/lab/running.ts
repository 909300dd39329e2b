import { isSea } from 'node:sea';
import { attach, attachTo, type Lab, layoutOf, lockLab } from '../../lab/lab.ts';

/**
 * Uses the lab that runs, alone: what it remembers of its hosts changes. It is the cluster that has `host`, else the
 * first.
 */
export async function withLab(use: (lab: Lab) => Promise<void>, host?: string): Promise<void> {
  const layout = layoutOf();
  // Before the lock, which makes the directory: there may be no lab in it.
  attach(layout);
  const release = await lockLab(layout);
  try {
    await use(attachTo(host, layout));
  } finally {
    await release();
  }
}

/** This program, for a process of its own. */
export const self = (): string[] => (isSea() ? [] : [...process.execArgv, process.argv[1] ?? '']);

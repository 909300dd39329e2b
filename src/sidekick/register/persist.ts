import { setTimeout as sleep } from 'node:timers/promises';
import { ConsulError } from '../shared/consul.ts';
import { say } from '../shared/say.ts';

/** Not yet, for this cause; try again. */
export class NotYet extends Error {}

/** Tries until it succeeds; says what it waits for. Only what nothing can mend is thrown. */
export async function persist(attempt: () => Promise<void>): Promise<void> {
  for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConsulError || error instanceof NotYet)) throw error;
      say(`waiting: ${error.message}`);
    }
    await sleep(pause);
  }
}

import { ConsulError, type Ports } from '../shared/ports.ts';

/** Not yet, for this cause; try again. */
export class NotYet extends Error {}

/** For a promise's `catch`: what it says is a reason to try again. */
export function notYet(what: string) {
  return (error: Error): never => {
    throw new NotYet(`${what}: ${error.message}`);
  };
}

/** Tries until it succeeds; says what it waits for. Only what nothing can mend is thrown. */
export async function persist<T>({ clock, say }: Ports, attempt: () => Promise<T>): Promise<T> {
  for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConsulError || error instanceof NotYet)) throw error;
      say(`waiting: ${error.message}`);
    }
    await clock.sleep(pause);
  }
}

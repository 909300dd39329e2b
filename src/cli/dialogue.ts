import type { Command } from 'commander';
import { confirmByName, type Dialogue, NobodyToAsk } from '../operator/confirm.ts';

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Speaks with the operator at the terminal; asks nothing after --yes. */
export function dialogue(command: Command, yes = false): Dialogue {
  return {
    say,
    confirm: async (cluster) => {
      if (yes) return;
      await confirmByName(cluster, process.stdin, process.stdout).catch((error: unknown) => {
        if (error instanceof NobodyToAsk) command.error(`error: ${error.message}`);
        throw error;
      });
    },
  };
}

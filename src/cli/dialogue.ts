import type { Command } from 'commander';
import { confirmByName, type Dialogue, NobodyToAsk } from '../operator/confirm.ts';
import { isForPrograms, say } from './report.ts';

/** Speaks with the operator at the terminal; asks nothing after --yes. */
export function dialogue(command: Command, yes = false): Dialogue {
  return {
    say,
    confirm: async (cluster) => {
      if (yes) return;
      if (isForPrograms())
        command.error('error: with --format json nobody is asked, and nothing was changed: add --yes');
      await confirmByName(cluster, process.stdin, process.stdout).catch((error: unknown) => {
        if (error instanceof NobodyToAsk) command.error(`error: ${error.message}`);
        throw error;
      });
    },
  };
}

import type { Command } from 'commander';
import { attach, bootsOf } from '../../lab/lab.ts';
import { openFile, PAGE, withPage, writePage } from '../boot-report.ts';
import { say } from '../report.ts';

/** Adds `lab report`. */
export function addReport(lab: Command): void {
  withPage(
    lab.command('report').description('show how the hosts came up, in one HTML page made from their journals'),
  ).action(async ({ output }: { output: string }) => writePage(output, await boots()));
}

/** Of all clusters of the lab that runs. */
function boots(): ReturnType<typeof bootsOf> {
  const first = attach();
  return bootsOf([first, ...first.neighbours]);
}

/** For `lab up --open`, however the boot has ended: that there is no page is told, and is no end of its own. */
export async function showReport(): Promise<void> {
  try {
    await writePage(PAGE, await boots());
    await openFile(PAGE);
  } catch (error) {
    if (!(error instanceof Error && 'remedy' in error)) throw error;
    say(`no boot report: ${error.message}`);
  }
}

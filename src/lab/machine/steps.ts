import { LabError, reason } from './lab-error.ts';

/** One thing to do and how to take it back. `undo` must work whether `do` ended, failed half-way, or never ran. */
export interface Step {
  name: string;
  do(): Promise<void>;
  undo(): Promise<void>;
}

/** Undoes all, last first; one that fails does not keep the others from being undone. */
export async function undoSteps(steps: readonly Step[]): Promise<void> {
  const failures: string[] = [];
  for (const step of [...steps].reverse()) {
    try {
      await step.undo();
    } catch (error) {
      failures.push(`${step.name}: ${reason(error)}`);
    }
  }
  if (failures.length > 0) {
    throw new LabError(`not everything could be undone: ${failures.join('; ')}`, 'Run `quorumgate lab down` again.');
  }
}

/** Does all in order. When one fails, or the signal comes, it and those before it are undone, then the error goes on. */
export async function runSteps(steps: readonly Step[], signal?: AbortSignal): Promise<void> {
  for (const [index, step] of steps.entries()) {
    try {
      signal?.throwIfAborted();
      await step.do();
    } catch (error) {
      const failure = await undoSteps(steps.slice(0, index + 1)).then(() => undefined, reason);
      const undone = failure === undefined ? '' : ` (and then ${failure})`;
      const remedy = failure === undefined ? 'Everything that was done is undone.' : 'Run `quorumgate lab down`.';
      if (signal?.aborted) throw new LabError(`interrupted while: ${step.name}${undone}`, remedy);
      const known = error instanceof LabError && failure === undefined;
      throw new LabError(`${step.name}: ${reason(error)}${undone}`, known ? error.remedy : remedy, { cause: error });
    }
  }
}

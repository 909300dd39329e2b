/** Lets Ctrl-C undo what was done instead of leaving it behind. */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = () => {
    if (!controller.signal.aborted) process.stderr.write('interrupted: undoing what was done\n');
    controller.abort();
  };
  for (const name of signals) process.on(name, stop);
  try {
    await work(controller.signal);
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}

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

/** Lets nothing but the end of the machine stop a write half way. */
export async function untouched<T>(write: () => Promise<T>): Promise<T> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let caught: NodeJS.Signals | undefined;
  const wait = (signal: NodeJS.Signals) => {
    caught = signal;
  };
  for (const signal of signals) process.on(signal, wait);
  try {
    return await write();
  } finally {
    for (const signal of signals) process.off(signal, wait);
    if (caught !== undefined) process.kill(process.pid, caught);
  }
}

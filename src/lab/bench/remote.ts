import type { ChildProcess } from 'node:child_process';

/** Work of a process, by the name that another asks for it by. */
export type Handlers = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

interface Question {
  id: number;
  name: string;
  argument: unknown;
}
interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** Answers what the parent process asks, until that goes. */
export function serveParent(handlers: Handlers): void {
  // Signals do nothing to the first process of a PID namespace.
  process.on('disconnect', () => {
    throw new Error('the bench is over');
  });
  process.on('message', ({ id, name, argument }: Question) => {
    const answer = (rest: Omit<Answer, 'id'>) => process.send?.({ id, ...rest });
    const handler = handlers[name] as ((argument: unknown) => Promise<unknown>) | undefined;
    Promise.resolve()
      .then(() => handler?.(argument))
      .then(
        (value) => answer({ value }),
        (error: Error) => answer({ error: String(error.stack) }),
      );
  });
}

/** A way to ask a child process that serves its parent. */
export function remote(child: ChildProcess): <T>(name: string, argument?: unknown) => Promise<T> {
  const waiting = new Map<number, { done: (value: never) => void; fail: (error: Error) => void }>();
  let last = 0;
  child.on('message', ({ id, value, error }: Answer) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.done(value as never);
    else one?.fail(new Error(error));
  });
  child.on('exit', (code, signal) => {
    for (const { fail } of waiting.values()) fail(new Error(`a process of the bench ended: ${signal ?? code}`));
  });
  return (name, argument) =>
    new Promise((done, fail) => {
      waiting.set(++last, { done, fail });
      child.send({ id: last, name, argument } satisfies Question);
    });
}

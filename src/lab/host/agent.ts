import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finished, RunOptions } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';

/*
 * The lab's way into a virtual machine: QEMU's guest agent, which the image has, by a serial port of the machine's own. No fault of the
 * network reaches it, and no program of the cluster's knows it. The protocol is qemu-ga's (docs/interop/qemu-ga-ref, 7.2).
 */

/** Milliseconds for an answer: emulated, busy, and perhaps booting. */
const PATIENCE = 15_000;

/** Milliseconds for which a machine that has not answered is not asked again: a look asks several things, one after the other. */
const SILENCE = 5000;

/** Until when a machine is not asked again, by the path of its socket. */
const silent = new Map<string, number>();

/** Before its answer to `guest-sync-delimited`, the agent sends this byte; sent to it, it ends whatever was half said. */
const DELIMITER = 0xff;

/** The pause between two looks at a command that runs, in milliseconds: at first, and at most. */
const PAUSE = { first: 100, most: 1000 };

interface Answer {
  return?: unknown;
  error?: { desc: string };
}

interface ExecStatus {
  exited: boolean;
  exitcode?: number;
  signal?: number;
  'out-data'?: string;
  'err-data'?: string;
}

/** Lines of the socket after the last delimiter, each an answer; what came before, whole or in part, is another client's. */
async function* answers(socket: Socket): AsyncGenerator<Answer> {
  let rest = Buffer.alloc(0);
  let isMine = false;
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    const stale = rest.lastIndexOf(DELIMITER);
    if (stale >= 0) rest = rest.subarray(stale + 1);
    isMine ||= stale >= 0;
    if (!isMine) continue;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') yield JSON.parse(line) as Answer;
    }
  }
}

/** Connects, once QEMU has room: it serves one client and lets one more wait. */
async function connected(path: string): Promise<Socket> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > end) throw error;
      await sleep(50);
    }
  }
}

/** One request to the agent, on a connection of its own: others are served between it and the next. */
async function ask(path: string, execute: string, arguments_: object): Promise<unknown> {
  const none = `no answer in ${PATIENCE / 1000} s`;
  if ((silent.get(path) ?? 0) > performance.now()) throw new Error(none);
  const socket = await connected(path);
  socket.setTimeout(PATIENCE, () => {
    silent.set(path, performance.now() + SILENCE);
    socket.destroy(new Error(none));
  });
  try {
    const id = Math.floor(Math.random() * 2 ** 31);
    socket.write(Buffer.from([DELIMITER]));
    socket.write(`${JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } })}\n`);
    let isMine = false;
    for await (const answer of answers(socket)) {
      if (!isMine) {
        isMine = answer.return === id;
        if (isMine) socket.write(`${JSON.stringify({ execute, arguments: arguments_ })}\n`);
        continue;
      }
      if (answer.error !== undefined) throw new Error(answer.error.desc);
      return answer.return;
    }
    throw new Error('it ended the connection');
  } finally {
    socket.destroy();
  }
}

const base64 = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString();

/** Runs a command by the agent that listens at `path` to its end. The agent keeps 16 MiB of what it says. */
export async function insideGuest(
  path: string,
  [program = '', ...args]: readonly string[],
  { input, signal, onLine }: RunOptions = {},
): Promise<Finished> {
  try {
    const { pid } = (await ask(path, 'guest-exec', {
      path: program,
      arg: args,
      'capture-output': true,
      ...(input === undefined ? {} : { 'input-data': Buffer.from(input).toString('base64') }),
    })) as { pid: number };
    for (let pause = PAUSE.first; ; pause = Math.min(2 * pause, PAUSE.most)) {
      await sleep(pause, undefined, { signal });
      const status = (await ask(path, 'guest-exec-status', { pid })) as ExecStatus;
      if (!status.exited) continue;
      const [stdout, stderr] = [base64(status['out-data']), base64(status['err-data'])].map((text) =>
        text.replace(/\n$/, ''),
      ) as [string, string];
      if (onLine !== undefined) for (const line of `${stdout}\n${stderr}`.split('\n').filter(Boolean)) onLine(line);
      const exitCode = status.exitcode ?? (status.signal === undefined ? 127 : 128 + status.signal);
      return { exitCode, stdout, stderr };
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new LabError(
      `the machine's guest agent: ${error instanceof Error ? error.message : String(error)}`,
      'It answers once the machine has booted, and while it is not frozen; `quorumgate lab status` shows how far it is.',
      { cause: error },
    );
  }
}

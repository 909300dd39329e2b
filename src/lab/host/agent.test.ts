import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { LabError } from '../machine/lab-error.ts';
import { insideGuest } from './agent.ts';

interface Asked {
  execute: string;
  arguments: Record<string, unknown>;
}

type Reply = (request: Asked) => object | undefined;

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** An agent that synchronizes as the real one does, and answers all else by `reply`; `greeting` is what it still has to say to another. */
async function agent(t: ExecutionContext, reply: Reply, greeting = ''): Promise<{ path: string; asked: Asked[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'quorumgate-agent-'));
  const path = join(directory, 'agent');
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    if (greeting !== '') socket.write(greeting);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1').replaceAll('\xff', '');
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const request = JSON.parse(line) as Asked;
        if (request.execute === 'guest-sync-delimited') {
          socket.write(Buffer.from([0xff]));
          socket.write(`${JSON.stringify({ return: request.arguments.id })}\n`);
          continue;
        }
        asked.push(request);
        const answer = reply(request);
        // In two pieces: a stream has no edges.
        const text = JSON.stringify(answer);
        socket.write(text.slice(0, 5));
        socket.write(`${text.slice(5)}\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });
  return { path, asked };
}

test('a command is started, asked for until it has ended, and told with both its streams', async (t) => {
  let looks = 0;
  const { path, asked } = await agent(
    t,
    ({ execute }) => {
      if (execute === 'guest-exec') return { return: { pid: 7 } };
      looks += 1;
      if (looks === 1) return { return: { exited: false } };
      return { return: { exited: true, exitcode: 3, 'out-data': base64('ä\nb\n'), 'err-data': base64('no\n') } };
    },
    // To a client that did not wait for it.
    'turn": {"pid": 6}}\n',
  );
  const done = await insideGuest(path, ['env', '-i', 'cat'], { input: 'given' });
  t.deepEqual(done, { exitCode: 3, stdout: 'ä\nb', stderr: 'no' });
  t.deepEqual(asked[0]?.arguments, {
    path: 'env',
    arg: ['-i', 'cat'],
    'capture-output': true,
    'input-data': base64('given'),
  });
  t.deepEqual(
    asked.slice(1).map((request) => request.arguments),
    [{ pid: 7 }, { pid: 7 }],
  );
});

test('a command that a signal has ended has 128 and more', async (t) => {
  const { path } = await agent(t, ({ execute }) =>
    execute === 'guest-exec' ? { return: { pid: 7 } } : { return: { exited: true, signal: 9 } },
  );
  t.deepEqual(await insideGuest(path, ['sleep', '9']), { exitCode: 137, stdout: '', stderr: '' });
});

test('what the agent refuses, and one that is not there, are errors that say so', async (t) => {
  const { path } = await agent(t, () => ({ error: { class: 'GenericError', desc: 'Failed to execute' } }));
  const refused = await t.throwsAsync(insideGuest(path, ['nothing']), { instanceOf: LabError });
  t.is(refused?.message, "the machine's guest agent: Failed to execute");
  await t.throwsAsync(insideGuest(`${path}-none`, ['true']), { instanceOf: LabError, message: /ENOENT/ });
});

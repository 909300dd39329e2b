import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { ask, countdown } from './http.ts';
import { http, serveBytes } from './server-testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-http-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** The answer that is made of bytes; `error code` of what is none. */
async function asked(answer: (socket: Socket) => unknown, options: Partial<Parameters<typeof ask>[1]> = {}) {
  const server = await serveBytes((_, socket) => answer(socket));
  try {
    const { status, body } = await ask(`http://${server.at}/`, { timeout: 60_000, ...options });
    return `${status} ${body}`;
  } catch (error) {
    const { message, code = '' } = error as NodeJS.ErrnoException;
    return `${message} ${code}`.trim();
  } finally {
    server.close();
  }
}
const bytes = (...parts: (string | Buffer)[]) =>
  asked((socket) => socket.end(Buffer.concat(parts.map((part) => Buffer.from(part)))));

/** Writes again and again until the other side goes. */
function forever(socket: Socket, chunk: string, pause = 0): void {
  const more = () => {
    if (socket.destroyed) return;
    if (pause > 0) socket.write(chunk, () => setTimeout(more, pause));
    else socket.write(chunk, more);
  };
  more();
}

const head = 'HTTP/1.1 200 OK\r\nConnection: close\r\n';

test('any status is an answer, and its text is UTF-8', async (t) => {
  t.is(await bytes(http('Grüße')), '200 Grüße');
  t.is(await bytes(http('', 503)), '503 ');
  t.is(await bytes(head, '\r\nuntil the end'), '200 until the end');
  t.is(await bytes(http(Buffer.from([0x61, 0xff]))), 'the answer is not UTF-8 text');
  t.is(await bytes(http(Buffer.from([0x61, 0xed, 0xa0, 0x80]))), 'the answer is not UTF-8 text');
});

test('what is cut, or no HTTP', async (t) => {
  // Which of the two events is first is Node's affair.
  const cut = /^(closed without a whole answer|aborted ECONNRESET)$/;
  t.regex(await bytes('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'), cut);
  t.regex(await bytes(head, 'Transfer-Encoding: chunked\r\n\r\n5\r\nab'), cut);
  t.is(await bytes(), 'socket hang up ECONNRESET');
  t.regex(await bytes('SSH-2.0-OpenSSH\r\n'), /^Parse Error: .* HPE_/);
  t.regex(await bytes('HTTP/1.1 200 OK\r\na: b\x1bc\r\n\r\n'), /^Parse Error: .* HPE_/);
  t.regex(
    await bytes('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    /closed|hang up/,
  );
});

test('what is larger than asked for is refused before it is there', async (t) => {
  const tooMuch = 'the answer has more than 262144 bytes, or too many pieces';
  t.is(await bytes(http('x'.repeat(2 ** 18))), `200 ${'x'.repeat(2 ** 18)}`);
  t.is(await bytes(http('x'.repeat(2 ** 18 + 1))), tooMuch);
  t.is(await bytes(head, 'Content-Length: 600000000\r\n\r\nx'), tooMuch);
  t.is(await asked((socket) => socket.write(`${head}\r\n`, () => forever(socket, 'x'.repeat(65_536)))), tooMuch);
  t.is(
    await asked((socket) => socket.end(http('xxx')), { most: 2 }),
    'the answer has more than 2 bytes, or too many pieces',
  );
  t.regex(
    await asked((socket) => socket.write(head, () => forever(socket, 'a: b\r\n'.repeat(1000)))),
    /HPE_HEADER_OVERFLOW$/,
  );
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  t.is(
    await asked((socket) => socket.write(chunked, () => forever(socket, '1\r\nx\r\n'.repeat(10_000))), {
      timeout: 60_000,
    }),
    tooMuch,
  );
});

test('a byte costs more than a byte', async (t) => {
  const crumbs = (count: number) => `${head}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`;
  const get = (count: number) => asked((socket) => socket.end(crumbs(count)));
  t.is(await get(1000), `200 ${'x'.repeat(1000)}`);
  t.regex(await get(2000), /^the answer has more than/);
});

test('the whole has to be there in time, however it comes', async (t) => {
  const options = { timeout: 300 };
  const late = 'no whole answer within 2 s';
  t.is(await asked(() => undefined, options), 'no answer within 0.3 s ETIMEDOUT');
  const slowly = async (socket: Socket) => {
    for (const byte of head) {
      socket.write(byte);
      await sleep(50);
    }
  };
  t.is(await asked(slowly, options), 'no answer within 0.3 s ETIMEDOUT');
  t.is(await asked((socket) => socket.write(`${head}\r\n`, () => forever(socket, 'x', 50)), { timeout: 2000 }), late);
  t.is(
    await asked((socket) => forever(socket, 'HTTP/1.1 100 Continue\r\n\r\n', 10), options),
    'no answer within 0.3 s ETIMEDOUT',
  );
});

test('nobody there, a call that is given up, a socket, a certificate that is not there', async (t) => {
  const server = await serveBytes((line, socket) => socket.end(http(line)), join(folder, 'socket:0'));
  const at = { timeout: 60_000, socketPath: server.at };
  t.is((await ask('http://localhost/members', at)).body, 'GET /members HTTP/1.1');
  server.close();
  await t.throwsAsync(ask('http://localhost/', at), { message: /^connect (ENOENT|ECONNREFUSED) / });
  await t.throwsAsync(ask('http://127.0.0.1:1/', { timeout: 60_000 }), { code: 'ECONNREFUSED' });
  await t.throwsAsync(ask('http://localhost:1/', { timeout: 60_000 }), { message: /ECONNREFUSED/ });
  await t.throwsAsync(ask('http://127.0.0.1:1/', { timeout: 60_000, signal: AbortSignal.abort() }), {
    message: 'aborted',
  });
  const tls = { cert: '/nowhere', key: '/nowhere', ca: '/nowhere' };
  await t.throwsAsync(ask('https://127.0.0.1:1/', { timeout: 60_000, tls }), { message: /nowhere/ });
  await t.throwsAsync(ask('no URL', { timeout: 60_000 }), { message: 'Invalid URL' });
});

test('how much of a time is left', (t) => {
  const left = countdown(60_000);
  t.true(left() > 0 && left() <= 60_000);
  t.is(countdown(-5)(), 50);
});

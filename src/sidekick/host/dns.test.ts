import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import test from 'ava';
import { countIn, dnsPort } from './dns.ts';
import { visible } from './text.ts';

const name = '_etcd-server._tcp.mycluster.etcd3.service.dc1.consul';
const word = (value: number) => [value >> 8, value & 255];
const host = [1, 0x61, 0]; // a.

/** An answer to this query with these records, each its type and data. */
function reply(query: Buffer, records: [type: number, data: number[]][], flags = 0x8180): Buffer {
  const asked = query.subarray(12, query.indexOf(0, 12) + 5);
  const all = records.flatMap(([type, data]) => [
    0xc0,
    12,
    ...word(type),
    0,
    1,
    0,
    0,
    0,
    0,
    ...word(data.length),
    ...data,
  ]);
  return Buffer.from([
    ...query.subarray(0, 2),
    ...word(flags),
    0,
    1,
    ...word(records.length),
    0,
    0,
    0,
    0,
    ...asked,
    ...all,
  ]);
}
const srv = (port: number): [number, number[]] => [33, [0, 1, 0, 1, ...word(port), ...host]];
const a = (...address: number[]): [number, number[]] => [1, address];
const typeOf = (query: Buffer) => query.readUInt16BE(query.indexOf(0, 12) + 1);

async function overUdp(answer: (query: Buffer) => Buffer | undefined) {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const bytes = answer(query);
    if (bytes) socket.send(bytes, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    return await dnsPort({ host: '127.0.0.1', port: socket.address().port }).srv(name);
  } finally {
    socket.close();
  }
}

async function overTcp(answer: (query: Buffer, socket: Socket) => unknown) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => answer(data.subarray(2), socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await dnsPort({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }).countOverTcp(name);
  } finally {
    server.close();
  }
}
const framed = (message: Buffer) => Buffer.from([...word(message.length), ...message]);

test('addresses and ports by UDP, sorted', async (t) => {
  const found = await overUdp((query) =>
    reply(query, typeOf(query) === 33 ? [srv(2380), srv(12)] : [a(10, 0, 0, 9), a(10, 0, 0, 1)]),
  );
  t.deepEqual(found, ['10.0.0.1:12', '10.0.0.1:2380', '10.0.0.9:12', '10.0.0.9:2380']);
});

test('no such name, too many, nobody, and a name that does nothing but be read', async (t) => {
  await t.throwsAsync(
    overUdp((query) => reply(query, [], 0x8183)),
    { message: `querySrv ENOTFOUND ${name}`, code: 'ENOTFOUND' },
  );
  const many = (count: number) => Array.from({ length: count }, (_, index) => srv(index + 1));
  await t.throwsAsync(
    overUdp((query) => reply(query, many(65))),
    { message: /^more than 64 records|EBADRESP/ },
  );
  await t.throwsAsync(
    overUdp((query) => reply(query, typeOf(query) === 33 ? many(40) : [a(10, 0, 0, 1), a(10, 0, 0, 2)])),
    { message: /^more than 64 addresses/ },
  );
  await t.throwsAsync(dnsPort({ host: '127.0.0.1', port: 1 }).srv(name), { message: /ECONNREFUSED|no whole answer/ });
  const odd: [number, number[]] = [33, [0, 1, 0, 1, 0, 1, 3, 0x61, 0x0a, 0x1b, 0]];
  const error = await t.throwsAsync(
    overUdp((query) => (typeOf(query) === 33 ? reply(query, [odd]) : reply(query, [], 0x8183))),
  );
  t.is(error?.message, visible(error?.message ?? '\n'));
});

test('a server that says nothing', async (t) => {
  await t.throwsAsync(
    overUdp(() => undefined),
    { message: /TIMEOUT|no whole answer/ },
  );
});

test('a count by TCP', async (t) => {
  t.is(await overTcp((query, socket) => socket.end(framed(reply(query, [srv(1), srv(2), srv(3)])))), 3);
  t.is(await overTcp((query, socket) => socket.write(framed(reply(query, [srv(1)])))), 1);
});

test('answers of no use by TCP', async (t) => {
  const of = (change: (message: Buffer) => Buffer) =>
    overTcp((query, socket) => socket.end(framed(change(reply(query, [srv(1)])))));
  const set = (at: number, value: number) => (message: Buffer) => {
    message[at] = value;
    return message;
  };
  t.is(await of((message) => message), 1);
  const other = { message: 'an answer to another question' };
  for (const change of [
    set(0, 9),
    set(2, 0x01),
    set(5, 2),
    set(13, 0x7a),
    (message: Buffer) => message.subarray(0, 20),
  ]) {
    await t.throwsAsync(of(change), other);
  }
  await t.throwsAsync(
    of(() => Buffer.alloc(0)),
    other,
  );
  await t.throwsAsync(of(set(3, 0x83)), { message: 'no such name' });
  await t.throwsAsync(of(set(3, 0x82)), { message: 'response code 2' });
  await t.throwsAsync(of(set(7, 9)), { message: 'an answer that is shorter than it says' });
  await t.throwsAsync(
    overTcp((_, socket) => socket.end()),
    { message: 'closed without an answer' },
  );
  await t.throwsAsync(
    overTcp((_, socket) => socket.end(Buffer.from([255, 255, 1]))),
    { message: 'closed without an answer' },
  );
  await t.throwsAsync(dnsPort({ host: '127.0.0.1', port: 1 }).countOverTcp(name), { code: 'ECONNREFUSED' });
});

test('a byte now and then does not make it longer', async (t) => {
  const trickle = overTcp((query, socket) => {
    const bytes = framed(reply(query, [srv(1)]));
    let sent = 0;
    const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 500);
    socket.on('close', () => clearInterval(timer));
  });
  await t.throwsAsync(trickle, { message: 'no whole answer within 2 s', code: 'ETIMEDOUT' });
});

test('the name in an answer may be written in capitals', (t) => {
  const asked = Buffer.from([0x51, 0x67, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 33, 0, 1]);
  const answer = reply(asked, [srv(1)]);
  answer[13] = 0x41;
  t.is(countIn(answer, asked), 1);
});

import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import fc from 'fast-check';
import { http, serveBytes } from '../host/server-testing.ts';
import { type Answer, answersLike, bytesLike } from './answers.ts';
import type { Done, Errand } from './client.ts';
import { type FuzzedRequest, REQUESTS, trueAnswer } from './requests.ts';

/** Ways in which bytes come. */
const QUICK = [
  'whole',
  'chunked',
  'bytes',
  'cut',
  'declared',
  'endless',
  'brackets',
  'full',
  'full list',
  'headers',
  'raw',
  'twice',
  'closed',
  'crumbs',
] as const;
/** Those that take all the time that there is. */
const SLOW = ['silent', 'trickle', 'header trickle', 'continue'] as const;
type Manner = (typeof QUICK)[number] | (typeof SLOW)[number];

const head = (answer: Answer, more: string) => {
  const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${answer.status} Said\r\n${lines.join('')}${more}\r\n\r\n`;
};

/** Writes again and again, until the other side goes. */
function forever(socket: Socket, chunk: string | Uint8Array, pause = 0): void {
  const next = () => {
    if (socket.destroyed) return;
    // A chunk that was taken at once is told at once: others are to have their turn.
    socket.write(chunk, () => (pause === 0 ? setImmediate(next) : setTimeout(next, pause)));
  };
  next();
}

const chunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

function answerIn(manner: Manner, answer: Answer, socket: Socket): void {
  const { status, headers, body } = answer;
  const bytes = Buffer.from(body);
  const chunked = 'Transfer-Encoding: chunked';
  switch (manner) {
    case 'whole':
      socket.end(http(bytes, status, headers));
      break;
    case 'chunked':
      socket.write(head(answer, chunked));
      for (let at = 0; at < bytes.length; at += 7) socket.write(chunk(bytes.subarray(at, at + 7)));
      socket.end('0\r\n\r\n');
      break;
    case 'bytes':
      socket.write(head(answer, 'Connection: close'));
      for (const byte of bytes.subarray(0, 500)) socket.write(Buffer.of(byte));
      socket.end(bytes.subarray(500));
      break;
    case 'cut':
      socket.end(Buffer.concat([Buffer.from(head(answer, `Content-Length: ${bytes.length + 9}`)), bytes]));
      break;
    case 'declared':
      socket.write(Buffer.concat([Buffer.from(head(answer, 'Content-Length: 629145600')), bytes]));
      break;
    case 'endless':
      socket.write(head(answer, 'Connection: close'));
      forever(
        socket,
        bytes.length > 0 ? Buffer.concat(Array(Math.ceil(9000 / bytes.length)).fill(bytes)) : 'x'.repeat(9000),
      );
      break;
    case 'brackets':
      socket.end(http('['.repeat(20_000_000), status, headers));
      break;
    case 'full':
      socket.end(http('['.repeat(2 ** 19), status, headers));
      break;
    case 'full list':
      socket.end(http('['.repeat(2 ** 20), status, headers));
      break;
    case 'headers':
      socket.write(`HTTP/1.1 ${status} Said\r\n`);
      forever(socket, `x-${'y'.repeat(50)}: ${'z'.repeat(1000)}\r\n`);
      break;
    case 'raw':
      socket.end(bytes);
      break;
    case 'twice':
      socket.end(Buffer.concat([http(bytes, 100, headers), http(bytes, status, headers), http(bytes, 500)]));
      break;
    case 'closed':
      // A Unix socket has no reset.
      if (socket.remoteAddress === undefined) socket.destroy();
      else socket.resetAndDestroy();
      break;
    case 'crumbs':
      socket.write(head(answer, chunked));
      forever(socket, '1\r\n[\r\n'.repeat(5000));
      break;
    case 'silent':
      return;
    case 'trickle':
      socket.write(head(answer, 'Content-Length: 1000'));
      forever(socket, ' ', 1500);
      break;
    case 'header trickle':
      socket.write(`HTTP/1.1 ${status} Said\r\n`);
      forever(socket, 'a: b\r\n', 1500);
      break;
    case 'continue':
      forever(socket, 'HTTP/1.1 100 Continue\r\n\r\n', 200);
      break;
  }
}

export interface WireReport {
  answers: number;
  resolved: number;
  /** The first that was not borne. */
  wrong: string | undefined;
  /** Bytes. */
  memory: number;
  slowest: number;
}

const NOTHING: WireReport = { answers: 0, resolved: 0, wrong: undefined, memory: 0, slowest: 0 };

const SRV_UDP = Buffer.from(
  '00008180000100010000000001610162000021000 1c00c0021000100000000000f000000010 94c0161000162'.replaceAll(' ', ''),
  'hex',
);

/** Real answers over real sockets, to a process like a sidekick's. */
export class Wire {
  #current: { request: FuzzedRequest | undefined; manner: Manner; answer: Answer } | undefined;
  #message: Uint8Array = SRV_UDP;
  readonly #folder = mkdtempSync(join(tmpdir(), 'quorumgate-fuzz-'));
  readonly #waiting = new Map<number, (done: Done) => void>();
  #next = 0;
  #end: (() => void)[] = [];
  #client: ReturnType<typeof fork> | undefined;
  #port = 0;
  #exited: string | undefined;

  async open(): Promise<this> {
    const outfile = join(this.#folder, 'client.cjs');
    const entry = join(import.meta.dirname, 'client.ts');
    await esbuild.build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
    const serve = (at?: string) =>
      serveBytes((line, socket) => this.#answer(line.replace(/ HTTP\/1\.1$/, ''), socket), at);
    const servers = [
      await serve(),
      await serve(join(this.#folder, 'peer:0')),
      await serve(join(this.#folder, 'client:0')),
    ];
    this.#port = servers[0]?.port ?? 0;
    const udp = createSocket('udp4');
    udp.on('message', (query, { port, address }) =>
      udp.send(Buffer.concat([query.subarray(0, 2), this.#message.subarray(2)]), port, address),
    );
    udp.bind(this.#port, '127.0.0.1');
    await once(udp, 'listening');
    const client = fork(outfile, {
      // As in the first line of what lands on hosts (build.mjs).
      execArgv: ['--max-semi-space-size=1'],
      env: {},
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    let said = '';
    client.stderr?.on('data', (data) => {
      said += data;
    });
    client.on('message', (done: Done) => this.#waiting.get(done.id)?.(done));
    client.on('exit', (code, signal) => {
      this.#exited = `the process ended (${code ?? signal}): ${said.slice(0, 2000)}`;
      for (const [id, settle] of this.#waiting)
        settle({ id, wrong: this.#exited, resolved: false, milliseconds: 0, memory: 0 });
    });
    this.#client = client;
    this.#end = [() => client.kill(), () => udp.close(), ...servers.map((server) => () => server.close())];
    return this;
  }

  close(): void {
    for (const end of this.#end) end();
    rmSync(this.#folder, { recursive: true });
  }

  #answer(asking: string, socket: Socket): void {
    const { request, manner, answer } = this.#current ?? {};
    if (request && manner && answer && request.asks.test(asking)) {
      answerIn(manner, answer, socket);
      return;
    }
    const value = trueAnswer(asking, request?.name ?? '');
    const isRefusal = typeof value === 'object' && value !== null && 'code' in value;
    const body = typeof value === 'string' ? value : JSON.stringify(value);
    const status = typeof value === 'number' ? value : isRefusal ? 400 : 200;
    socket.end(http(body, status, { 'x-consul-index': '7', ...request?.headers }));
  }

  async #run(name: string): Promise<Done> {
    const id = this.#next++;
    const errand: Errand = { id, name, port: this.#port, directory: this.#folder };
    const done = new Promise<Done>((resolve) => this.#waiting.set(id, resolve));
    this.#client?.send(errand);
    const result = await done;
    this.#waiting.delete(id);
    return result;
  }

  /** Each request gets as many answers, in manners that take no time. */
  async quick(count: number, seed: number): Promise<WireReport> {
    const report = { ...NOTHING };
    for (const [index, request] of REQUESTS.entries()) {
      const one = fc.tuple(answersLike(request.truth, request.headers, request.status), fc.constantFrom(...QUICK));
      for (const [answer, manner] of fc.sample(one, { numRuns: count, seed: seed + index })) {
        await this.#one(report, request, manner, answer);
      }
    }
    for (const message of fc.sample(bytesLike(SRV_UDP), { numRuns: count, seed })) {
      this.#message = message;
      note(report, 'dns udp', await this.#run('dns udp'));
    }
    return report;
  }

  /** These requests get an answer that never ends, in each manner of that kind. */
  async slow(requests: readonly FuzzedRequest[]): Promise<WireReport> {
    const report = { ...NOTHING };
    const answer = { status: 200, headers: {}, body: Buffer.from('[') };
    for (const manner of SLOW) {
      for (const request of requests) await this.#one(report, request, manner, answer);
    }
    return report;
  }

  async #one(report: WireReport, request: FuzzedRequest, manner: Manner, answer: Answer): Promise<void> {
    if (report.wrong !== undefined) return;
    this.#current = { request, manner, answer };
    const done = await this.#run(request.name);
    const body = JSON.stringify(Buffer.from(answer.body).toString('latin1').slice(0, 300));
    note(report, `${request.name}, ${manner} ${answer.status} ${JSON.stringify(answer.headers)} ${body}`, done);
  }
}

function note(report: WireReport, what: string, { wrong, resolved, milliseconds, memory }: Done): void {
  report.answers += 1;
  report.resolved += resolved ? 1 : 0;
  report.memory = Math.max(report.memory, memory);
  report.slowest = Math.max(report.slowest, milliseconds);
  // Three requests one after the other, each with all its time.
  const late = milliseconds > 40_000 ? `took ${milliseconds} ms` : undefined;
  const large = memory > 128 * 2 ** 20 ? `took ${memory} bytes` : undefined;
  const why = wrong ?? late ?? large;
  if (why !== undefined) report.wrong ??= `${what}: ${why}`;
}

/** Every request with an answer that never ends: several at a time, for each takes all the time that it has. */
export async function slowly(requests = REQUESTS): Promise<WireReport> {
  const total = { ...NOTHING };
  const left = [...requests];
  const work = async () => {
    const wire = await new Wire().open();
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const report = await wire.slow([next]);
      total.answers += report.answers;
      total.resolved += report.resolved;
      total.wrong ??= report.wrong;
      total.memory = Math.max(total.memory, report.memory);
      total.slowest = Math.max(total.slowest, report.slowest);
    }
    wire.close();
  };
  await Promise.all(Array.from({ length: 12 }, work));
  return total;
}

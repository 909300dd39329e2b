import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Settings } from '../shared/settings.ts';

export const settings: Settings = {
  cluster: 'mycluster',
  size: 3,
  scheme: 'http',
  datacenter: 'dc1',
  domain: 'consul',
  peerPort: 2380,
  clientPort: 2379,
  metricsPort: 2381,
  dataDirectory: '/var/lib/etcd',
  volume: false,
  discovery: 'committed',
  name: 'etcd-1',
  address: '10.0.0.1',
  tls: undefined,
  clientTls: undefined,
  peerHostname: undefined,
  peerCommonName: undefined,
  operatorKeys: [],
  replaceDeadAfter: 0,
};

export interface Server {
  /** `127.0.0.1:PORT`, or the path of the socket. */
  at: string;
  port: number;
  close(): void;
}

/** Listens on loopback, or at a path, and hands out each request's first line and the socket to answer as one pleases. */
export async function serveBytes(answer: (line: string, socket: Socket) => void, at?: string): Promise<Server> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    let head = '';
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('data', (data) => {
      const isFirst = !head.includes('\r\n\r\n');
      head += data.toString('latin1');
      if (isFirst && head.includes('\r\n\r\n')) answer(head.slice(0, head.indexOf('\r\n')), socket);
    });
  });
  server.listen(at === undefined ? { host: '127.0.0.1', port: 0 } : { path: at });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    at: at ?? `127.0.0.1:${port}`,
    port,
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** The bytes of a whole answer. */
export function http(body: string | Buffer, status = 200, headers: Record<string, string> = {}): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ 'Content-Length': String(bytes.length), Connection: 'close', ...headers });
  const head = [`HTTP/1.1 ${status} Said`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** Answers in JSON by the path of the request; undefined is 404, a number a status, a text a body. Notes what is asked. */
export async function serveJson(answer: (line: string) => unknown, at?: string) {
  const asked: string[] = [];
  const server = await serveBytes((line, socket) => {
    const asking = line.replace(/ HTTP\/1\.1$/, '');
    asked.push(asking);
    const value = answer(asking);
    const isStatus = typeof value === 'number';
    const body = typeof value === 'string' ? value : isStatus ? '' : JSON.stringify(value ?? null);
    socket.end(http(body, isStatus ? value : value === undefined ? 404 : 200, { 'X-Consul-Index': '7' }));
  }, at);
  return { ...server, asked };
}

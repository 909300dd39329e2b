import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeRecord } from '../sidekick/shared/record.ts';
import { readSettings, type Settings } from '../sidekick/shared/settings.ts';
import type { Host } from './catalog.ts';
import type { Situation } from './loss.ts';

export const settings: Settings = readSettings({
  QG_CLUSTER: 'mycluster',
  QG_SIZE: '3',
  QG_SCHEME: 'http',
  QG_DATACENTER: 'dc1',
  QG_DOMAIN: 'consul',
  QG_PEER_PORT: '2380',
  QG_CLIENT_PORT: '2379',
  QG_METRICS_PORT: '2381',
  QG_DATA_DIR: '/var/lib/etcd',
  QG_DISCOVERY: 'committed',
  QG_NAME: 'operator',
  QG_ADDRESS: '0.0.0.0',
  QG_REPLACE_DEAD_AFTER: '0',
});

/** Host `etcd-N` at 10.0.0.N, alive, with an empty disk `disk-N`. */
export function host(n: number, { meta = {}, ...changes }: Partial<Host> = {}): Host {
  return {
    node: `etcd-${n}`,
    id: `etcd-${n}-server`,
    address: `10.0.0.${n}`,
    port: 2380,
    alive: true,
    peerUrl: `http://10.0.0.${n}:2380`,
    ...changes,
    meta: { state: 'empty', incarnation: `disk-${n}`, size: '3', scheme: 'http', cid: '', ...meta },
  };
}

/** A record of `etcd-N`, each with the disk `disk-N`. */
export function recordOf(...numbers: number[]) {
  return recordAt((n) => `http://10.0.0.${n}:2380`, ...numbers);
}

/** The same at other peer URLs. */
export function recordAt(url: (n: number) => string, ...numbers: number[]) {
  const members = numbers.map((n) => ({ name: `etcd-${n}`, incarnation: `disk-${n}`, peer_url: url(n) }));
  return makeRecord(members, 'old', 1);
}

/** All data is lost: the three hosts of the record are there with other disks, and nothing listens anywhere. */
export function situation(changes: Partial<Situation> = {}): Situation {
  const hosts = changes.hosts ?? [1, 2, 3].map((n) => host(n, { meta: { incarnation: `new-${n}` } }));
  const answers = Object.fromEntries(hosts.map(({ address, port }) => [`${address}:${port}`, 'closed' as const]));
  const found = { record: recordOf(1, 2, 3), modified: 17, retired: [], hosts, departed: [], ...changes };
  return { ...found, answers: { ...answers, ...changes.answers } };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

type Answer = (path: string, body: string, method: string, headers: IncomingMessage['headers']) => unknown;

/** Serves JSON, or a bare text; undefined is 404. Resolves to the port, and what ends it. */
export async function serve(answer: Answer, address = '127.0.0.1', port = 0) {
  const server = createServer(async (request, response) => {
    const value = answer(request.url ?? '', await textOf(request), request.method ?? '', request.headers);
    if (value === undefined) response.statusCode = 404;
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** As much of Consul as the commands ask for. `log` gets every change. */
export class FakeConsul {
  readonly keys = new Map<string, { value: string; index: number }>();
  hosts: Host[] = [];
  readonly log: string[] = [];
  #index = 1;

  put(key: string, value: string): void {
    this.#index += 1;
    this.keys.set(key, { value, index: this.#index });
  }

  readonly answer: Answer = (url, body, method) => {
    const [path = '', query = ''] = url.split('?');
    if (path === '/v1/agent/members') return [];
    if (path === '/v1/session/create') return { ID: 'session' };
    if (path.startsWith('/v1/session/')) return true;
    if (path === '/v1/health/service/etcd3') return this.hosts.map(entryOf);
    const key = path.slice('/v1/kv/'.length);
    if (method === 'GET') return this.#read(key);
    const wanted = /cas=(\d+)/.exec(query)?.[1];
    if (wanted !== undefined && Number(wanted) !== (this.keys.get(key)?.index ?? 0)) return 'false';
    if (!query.includes('acquire')) this.log.push(`${method} ${key}`);
    if (method === 'DELETE') this.keys.delete(key);
    else if (!query.includes('acquire')) this.put(key, body);
    return 'true';
  };

  #read(prefix: string) {
    const found = [...this.keys].filter(([key]) => key.startsWith(prefix));
    if (found.length === 0) return undefined;
    return found.map(([Key, { value, index }]) => {
      return { Key, Value: Buffer.from(value).toString('base64'), ModifyIndex: index };
    });
  }
}

function entryOf({ node, id, address, port, meta, alive }: Host) {
  const ssl = meta.scheme === 'https' ? '-ssl' : '';
  const service = { ID: id, Tags: [`_etcd-server${ssl}._tcp.mycluster`], Address: address, Port: port, Meta: meta };
  const checks = [{ Status: alive ? 'passing' : 'critical' }];
  return { Node: { Node: node, Address: address }, Service: service, Checks: checks };
}

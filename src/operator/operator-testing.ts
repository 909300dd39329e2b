import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toOperatorKey } from '../io/operator-key.ts';
import { type Keys, lineageKey, listKey, recordKey, sortKeys } from '../sidekick/shared/keys.ts';
import type { List } from '../sidekick/shared/ports.ts';
import { signedText } from '../sidekick/shared/proof.ts';
import { type ClusterRecord, lineageOf, makeRecord, memberIdOf } from '../sidekick/shared/record.ts';
import { readSettings, type Settings } from '../sidekick/shared/settings.ts';
import type { Host } from './hosts.ts';
import type { Situation } from './loss.ts';

/** One of the operator's: in memory, made anew for each run. */
export const key = toOperatorKey(generateKeyPairSync('ed25519').privateKey);
/** Nobody's. */
export const strangersKey = toOperatorKey(generateKeyPairSync('ed25519').privateKey);

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
  QG_OPERATOR_KEYS: key.publicHalf,
});

/** Seconds since 1970 when everything here happens. */
export const NOW = 1_800_000_000;
/** And when the cluster was born. */
export const BORN = 1_700_000_000;

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
    meta: { state: 'empty', incarnation: `disk-${n}`, size: '3', scheme: 'http', member: '', ...meta },
  };
}

/** A record of `etcd-N`, each with the disk `disk-N`. */
export function recordOf(...numbers: number[]) {
  return recordAt((n) => `http://10.0.0.${n}:2380`, ...numbers);
}

/** The members at other peer URLs. */
export function recordAt(url: (n: number) => string, ...numbers: number[]) {
  const members = numbers.map((n) => ({ name: `etcd-${n}`, incarnation: `disk-${n}`, peer_url: url(n) }));
  return makeRecord(members, 'old', BORN);
}

/** A record that an operator has put into the place of another. */
export function replaced(record: ClusterRecord, { generation = BORN + 1000, by = key } = {}): ClusterRecord {
  const { members } = record;
  const next = { ...makeRecord(members, `token-${generation}`, generation), lineage: lineageOf(record) };
  return { ...next, proof: by.sign(signedText('mycluster', next)) };
}

/** The list that members of a record publish; others have joined as members of these IDs. */
export function listOf(record: ClusterRecord, ...joined: { id: string; n: number }[]): List {
  const born = record.members.map(({ name, incarnation, peer_url }) => {
    return { id: memberIdOf(record, incarnation) ?? '', name, peer_urls: [peer_url], learner: false };
  });
  const later = joined.map(({ id, n }) => {
    return { id, name: `etcd-${n}`, peer_urls: [`http://10.0.0.${n}:2380`], learner: false };
  });
  return { cluster_id: record.cluster_id, members: [...born, ...later], size: born.length + later.length };
}

/** Consul's keys; each is the version 17, the next 18 and so on. */
export function keysOf(values: Record<string, string>): Keys {
  const entries = Object.entries(values).map(([name, value], index) => ({ key: name, value, modified: 17 + index }));
  return sortKeys('mycluster', entries);
}

/** The keys of a cluster that has lived. */
export function livedKeys(record: ClusterRecord, list = listOf(record)): Record<string, string> {
  const lineage = lineageOf(record);
  return {
    [recordKey('mycluster')]: JSON.stringify(record),
    [lineageKey('mycluster', lineage)]: JSON.stringify(record),
    [listKey('mycluster', lineage)]: JSON.stringify(list),
  };
}

/** The words of an operator who has looked at all three disks. */
export const LOST = ['etcd-1', 'etcd-2', 'etcd-3'];

/** All data is lost: the three hosts of the record say that their disks were wiped where they are, and nothing listens anywhere. */
export function situation(changes: Partial<Situation> = {}): Situation {
  const hosts = changes.hosts ?? [1, 2, 3].map((n) => wiped(n));
  const answers = Object.fromEntries(hosts.map(({ address, port }) => [`${address}:${port}`, 'closed' as const]));
  const keys = keysOf(livedKeys(recordOf(1, 2, 3)));
  const found = { keys, hosts, odd: [], departed: [], now: NOW, ...changes };
  return { ...found, answers: { ...answers, ...changes.answers } };
}

/** Host `etcd-N` on whose disk the member of the record was launched, and that was wiped at its very place. */
export function wiped(n: number, { meta = {}, ...changes }: Partial<Host> = {}): Host {
  return host(n, { ...changes, meta: { incarnation: `new-${n}`, wiped: `disk-${n}`, ...meta } });
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

type Answer = (path: string, body: string, method: string, headers: IncomingMessage['headers']) => unknown;

/** An answer with more to it than a value. */
export class Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, string>;

  constructor(status: number, text: string, headers: Record<string, string> = {}) {
    this.status = status;
    this.text = text;
    this.headers = headers;
  }
}

/** Serves JSON, or a bare text; undefined is 404. Resolves to the port, and what ends it. */
export async function serve(answer: Answer, address = '127.0.0.1', port = 0) {
  const server = createServer(async (request, response) => {
    const value = answer(request.url ?? '', await textOf(request), request.method ?? '', request.headers);
    if (value instanceof Reply) {
      response.writeHead(value.status, value.headers).end(value.text);
      return;
    }
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
  /** Machines that the agents know to have failed, whatever the catalog says. */
  readonly off = new Set<string>();
  readonly log: string[] = [];
  #index = 1;

  put(name: string, value: string): void {
    this.#index += 1;
    this.keys.set(name, { value, index: this.#index });
  }

  readonly answer: Answer = (url, body, method) => {
    const [path = '', query = ''] = url.split('?');
    if (path === '/v1/agent/members') {
      return this.hosts.map(({ node, address }) => ({ Name: node, Addr: address, Status: this.off.has(node) ? 4 : 1 }));
    }
    if (path === '/v1/session/create') return { ID: 'session' };
    if (path.startsWith('/v1/session/')) return true;
    if (path === '/v1/health/service/etcd3') {
      const tag = new URLSearchParams(query).get('tag') ?? '';
      return this.hosts.map(entryOf).filter(({ Service }) => Service.Tags.includes(tag));
    }
    if (!path.startsWith('/v1/kv/')) return undefined;
    const name = decodeURIComponent(path.slice('/v1/kv/'.length));
    if (method === 'GET') return this.#read(name, query.includes('recurse'));
    const wanted = /cas=(\d+)/.exec(query)?.[1];
    if (wanted !== undefined && Number(wanted) !== (this.keys.get(name)?.index ?? 0)) return 'false';
    if (!query.includes('acquire')) this.log.push(`${method} ${name}`);
    if (method === 'DELETE') this.keys.delete(name);
    else if (!query.includes('acquire')) this.put(name, body);
    return 'true';
  };

  #read(name: string, recurse: boolean) {
    const found = [...this.keys].filter(([one]) => (recurse ? one.startsWith(name) : one === name));
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

import { ask, type Reply } from './http.ts';
import { type ClusterRecord, keyPrefix, parseRecord, recordKey } from './record.ts';
import type { Settings } from './settings.ts';
import { tagOf } from './settings.ts';

/** The host's own; an operator may say another, with or without `http://`. */
const agent = (process.env.CONSUL_HTTP_ADDR || '127.0.0.1:8500').replace(/^(?!\w+:\/\/)/, 'http://');
/** Empty is none. */
const headers = { 'X-Consul-Token': process.env.CONSUL_HTTP_TOKEN ?? '' };
/** Longer than the agent holds a request while there is no leader (rpc_hold_timeout, 7 s). */
const patience = 12_000;

/** What a read found, and the index to block on for the next change. */
export interface Read<T> {
  value: T;
  index: string;
}

/** An instance of `etcd3` with this cluster's server tag whose node is alive. */
export interface Candidate {
  node: string;
  id: string;
  address: string;
  port: number;
  meta: Record<string, string>;
}

/** Consul did not give an answer; the message says why, in words for the status line. */
export class ConsulError extends Error {}

/** Any request to the agent; 200 or 404, or a ConsulError. */
export async function request(path: string, options: Partial<Parameters<typeof ask>[1]> = {}): Promise<Reply> {
  let reply: Reply;
  try {
    reply = await ask(agent + path, { timeout: patience, headers, ...options });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ECONNREFUSED' ? 'it is not running yet' : message;
    throw new ConsulError(`the Consul agent at ${agent} does not answer: ${why}`);
  }
  if (reply.status === 200 || reply.status === 404) return reply;
  const text = reply.body.trim().slice(0, 200);
  if (/no cluster leader/i.test(text)) throw new ConsulError('Consul has no leader');
  if (reply.status === 403) throw new ConsulError(`Consul denies access: ${text}`);
  throw new ConsulError(`Consul answers ${reply.status}: ${text}`);
}

/** A reply's JSON; a ConsulError when there is none. */
export function parse<T>(reply: Reply): T {
  try {
    return JSON.parse(reply.body) as T;
  } catch {
    throw new ConsulError(`what answers at ${agent} is not Consul`);
  }
}

function indexOf(reply: Reply): string {
  return String(reply.headers['x-consul-index'] ?? '0');
}

function keysPath(cluster: string): string {
  return `/v1/kv/${keyPrefix(cluster)}?consistent&recurse`;
}

function candidatesPath(settings: Settings): string {
  return `/v1/health/service/etcd3?consistent&passing&tag=${encodeURIComponent(tagOf(settings, 'server'))}`;
}

/** What Consul's KV store holds of a cluster. */
export interface Keys {
  record: ClusterRecord | undefined;
  /** When the record was last changed: what replaces it names this. */
  modified: number;
  /** Incarnations of the disks that an operator has retired. */
  retired: string[];
}

/** The record and the retired disks, linearizable. */
export async function readKeys(cluster: string, timeout = patience): Promise<Read<Keys>> {
  const reply = await request(keysPath(cluster), { timeout });
  type Entry = { Key: string; Value: string | null; ModifyIndex: number };
  const entries = reply.status === 404 ? [] : parse<Entry[]>(reply);
  const retired = entries.flatMap(({ Key }) => Key.split('/retired/')[1] ?? []);
  const find = (key: string) => entries.find(({ Key }) => Key === key);
  const text = (entry?: Entry) => Buffer.from(entry?.Value ?? '', 'base64').toString('utf8');
  const entry = find(recordKey(cluster));
  const index = indexOf(reply);
  if (entry === undefined) return { value: { record: undefined, modified: 0, retired }, index };
  try {
    return { value: { record: parseRecord(text(entry)), modified: entry.ModifyIndex, retired }, index };
  } catch (error) {
    throw new ConsulError(`the record at ${recordKey(cluster)} cannot be used: ${(error as Error).message}`);
  }
}

/**
 * Creates the record unless there is one, or replaces just the one of this ModifyIndex. Whether it was ours or another's
 * tells only reading it again.
 */
export async function createRecord(cluster: string, record: ClusterRecord, modified = 0): Promise<void> {
  await request(`/v1/kv/${recordKey(cluster)}?cas=${modified}`, { method: 'PUT', body: JSON.stringify(record) });
}

/** The candidates, linearizable. */
export async function readCandidates(settings: Settings, timeout = patience): Promise<Read<Candidate[]>> {
  const reply = await request(candidatesPath(settings), { timeout });
  type Entry = {
    Node: { Node: string; Address: string };
    Service: { ID: string; Address: string; Port: number; Meta: Record<string, string> | null };
  };
  const value = parse<Entry[]>(reply).map(({ Node, Service }) => ({
    node: Node.Node,
    id: Service.ID,
    address: Service.Address === '' ? Node.Address : Service.Address,
    port: Service.Port,
    meta: Service.Meta ?? {},
  }));
  return { value, index: indexOf(reply) };
}

/**
 * Returns when the keys or the candidates have changed since these indexes, or after ten seconds at the latest.
 * Rejects with a ConsulError when Consul cannot say.
 */
export async function awaitChange(settings: Settings, indexes: { keys: string; candidates: string }): Promise<void> {
  const stop = new AbortController();
  const wait = (path: string, index: string) =>
    request(`${path}&index=${index}&wait=10s`, { timeout: 30_000, signal: stop.signal });
  try {
    await Promise.race([
      wait(keysPath(settings.cluster), indexes.keys),
      wait(candidatesPath(settings), indexes.candidates),
    ]);
  } finally {
    stop.abort();
  }
}

/**
 * Takes the lock of a cluster's membership, or keeps it, with the session given; the session, or undefined while another
 * host has the lock. It only keeps hosts out of each other's way: safety does not rest on it.
 */
export async function acquireLock(cluster: string, owner: string, session?: string): Promise<string | undefined> {
  const key = `/v1/kv/${keyPrefix(cluster)}lock`;
  const put = async (path: string, body = '') => (await request(path, { method: 'PUT', body })).body.trim();
  let id = session;
  if (id === undefined) {
    // A gate that was killed leaves its own behind, which Consul would keep for up to twice its time.
    const found = await request(`${key}?consistent`);
    const [held] = found.status === 404 ? [] : parse<{ Value: string; Session?: string }[]>(found);
    if (held?.Session) {
      if (Buffer.from(held.Value, 'base64').toString() !== owner) return undefined;
      await releaseLock(held.Session);
    }
    // No check of the node: Consul makes that one minutes after it has heard of a wiped host.
    const terms = { Name: `etcd-ready ${owner}`, TTL: '15s', LockDelay: '0s', NodeChecks: [] };
    id = (JSON.parse(await put('/v1/session/create', JSON.stringify(terms))) as { ID: string }).ID;
  } else if ((await request(`/v1/session/renew/${id}`, { method: 'PUT' })).status === 404) return undefined;
  if ((await put(`${key}?acquire=${id}`, owner)) === 'true') return id;
  await releaseLock(id);
  return undefined;
}

/** Ends the session, and with it the lock. */
export async function releaseLock(session: string): Promise<void> {
  await request(`/v1/session/destroy/${session}`, { method: 'PUT' });
}

interface Agent {
  Version: string;
  NodeID: string;
}

/** The local agent. */
export async function readAgent(): Promise<Agent> {
  return parse<{ Config: Agent }>(await request('/v1/agent/self')).Config;
}

/**
 * Removes the node of this name and address from the catalog when it is another than the local agent's: what this host
 * was before its disk was wiped, whose name Consul would keep reserved as long as the host is alive.
 */
export async function removeFormerNode(name: string, address: string): Promise<boolean> {
  const reply = await request(`/v1/catalog/node/${name}?consistent`);
  const found = parse<{ Node: { ID: string; Address: string } } | null>(reply)?.Node;
  if (found?.Address !== address || found.ID === (await readAgent()).NodeID) return false;
  await request('/v1/catalog/deregister', { method: 'PUT', body: JSON.stringify({ Node: name }) });
  return true;
}

export interface Registration {
  ID: string;
  Name: 'etcd3';
  Tags: string[];
  Address: string;
  Port: number;
  Meta: Record<string, string>;
  Check?: { CheckID: string; Name: string; HTTP: string; Interval: string; Timeout: string; Status: 'passing' };
}

/** Registers with the local agent, which keeps it over its restarts and brings it to the catalog. */
export async function register(registration: Registration): Promise<void> {
  const path = '/v1/agent/service/register?replace-existing-checks=true';
  await request(path, { method: 'PUT', body: JSON.stringify(registration) });
}

export async function deregister(id: string): Promise<void> {
  await request(`/v1/agent/service/deregister/${encodeURIComponent(id)}`, { method: 'PUT' });
}

/** What this host's agent has registered: ID and tags. */
export async function localServices(): Promise<LocalService[]> {
  const reply = await request('/v1/agent/services');
  return Object.values(parse<Record<string, LocalService>>(reply));
}

interface LocalService {
  ID: string;
  Service: string;
  Tags: string[] | null;
}

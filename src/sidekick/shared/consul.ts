import { ask, type Reply } from './http.ts';
import { type ClusterRecord, parseRecord, recordKey } from './record.ts';
import type { Settings } from './settings.ts';
import { tagOf } from './settings.ts';

const agent = 'http://127.0.0.1:8500';
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

async function request(path: string, options: Partial<Parameters<typeof ask>[1]> = {}): Promise<Reply> {
  let reply: Reply;
  try {
    reply = await ask(agent + path, { timeout: patience, ...options });
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

function parse<T>(reply: Reply): T {
  try {
    return JSON.parse(reply.body) as T;
  } catch {
    throw new ConsulError(`what answers at ${agent} is not Consul`);
  }
}

function indexOf(reply: Reply): string {
  return String(reply.headers['x-consul-index'] ?? '0');
}

function recordPath(cluster: string): string {
  return `/v1/kv/${recordKey(cluster)}?consistent`;
}

function candidatesPath(settings: Settings): string {
  return `/v1/health/service/etcd3?consistent&passing&tag=${encodeURIComponent(tagOf(settings, 'server'))}`;
}

/** The record, linearizable; undefined when there is none. */
export async function readRecord(cluster: string, timeout = patience): Promise<Read<ClusterRecord | undefined>> {
  const reply = await request(recordPath(cluster), { timeout });
  if (reply.status === 404) return { value: undefined, index: indexOf(reply) };
  const [entry] = parse<{ Value: string | null }[]>(reply);
  try {
    const text = Buffer.from(entry?.Value ?? '', 'base64').toString('utf8');
    return { value: parseRecord(text), index: indexOf(reply) };
  } catch (error) {
    throw new ConsulError(`the record at ${recordKey(cluster)} cannot be used: ${(error as Error).message}`);
  }
}

/** Creates the record unless there is one. Whether it was ours or another's tells only reading it again. */
export async function createRecord(cluster: string, record: ClusterRecord): Promise<void> {
  await request(`/v1/kv/${recordKey(cluster)}?cas=0`, { method: 'PUT', body: JSON.stringify(record) });
}

/** The candidates, linearizable. */
export async function readCandidates(settings: Settings): Promise<Read<Candidate[]>> {
  const reply = await request(candidatesPath(settings));
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
 * Returns when the record or the candidates have changed since these indexes, or after ten seconds at the latest.
 * Rejects with a ConsulError when Consul cannot say.
 */
export async function awaitChange(settings: Settings, indexes: { record: string; candidates: string }): Promise<void> {
  const stop = new AbortController();
  const wait = (path: string, index: string) =>
    request(`${path}&index=${index}&wait=10s`, { timeout: 30_000, signal: stop.signal });
  try {
    await Promise.race([
      wait(recordPath(settings.cluster), indexes.record),
      wait(candidatesPath(settings), indexes.candidates),
    ]);
  } finally {
    stop.abort();
  }
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

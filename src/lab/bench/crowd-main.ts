/**
 * Hosts of many clusters in one process. Each runs the project's own programs over the real way to Consul, but for three things: connections
 * to the agent are kept, one agent serves all, and a registration goes into the catalog as an agent of that host would put it there.
 */

import { type IncomingMessage, Agent as Pool, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { consulPort } from '../../sidekick/host/consul.ts';
import type { Reply } from '../../sidekick/host/http.ts';
import { gate } from '../../sidekick/ready/gate.ts';
import { putRegistration } from '../../sidekick/ready/registration.ts';
import { registerClient } from '../../sidekick/register/client.ts';
import type { Registration } from '../../sidekick/shared/ports.ts';
import type { Settings } from '../../sidekick/shared/settings.ts';
import { serveParent } from './remote.ts';
import { born, type Exchange, hostsOf, type SimulatedHost } from './simulated-host.ts';

/** Requests of gates, ever; `inWaits` and `inHand` are of now. */
export interface CrowdCounts {
  requests: number;
  bytes: number;
  /** Blocking queries that an agent holds. */
  inWaits: number;
  /** Other requests without an answer yet. */
  inHand: number;
  gates: number;
  /** Client registrations that were done. */
  records: number;
}

const NOTHING = { requests: 0, bytes: 0, inWaits: 0, inHand: 0, gates: 0, records: 0 };
const counts: CrowdCounts = { ...NOTHING };
const others: CrowdCounts = { ...NOTHING };
const pool = new Pool({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, scheduling: 'fifo' });

/** Whether each cluster has a service of its own, instead of the one that all share: not so on hosts, to see what it would be good for. */
const isApart = process.argv.includes('--apart');
const ownService = ({ cluster }: Settings) => `etcd3-${cluster}`;

/** As Consul's agent on the host itself tells the catalog. */
function toCatalog(settings: Settings, body: string): { id: string; body: string } {
  const { name, address } = settings;
  const { Check, Name, ...service } = JSON.parse(body) as Registration;
  const check = Check && {
    Node: name,
    CheckID: Check.CheckID,
    Name: Check.Name,
    ServiceID: service.ID,
    Status: Check.Status,
    Output: 'HTTP GET http://127.0.0.1:2381/health?exclude=NOSPACE: 200 OK Output: {"health":"true","reason":""}',
  };
  // Not by the name that gossip has: a server takes out of the catalog whom it does not know by gossip.
  const alive = {
    Node: name,
    CheckID: 'alive',
    Name: 'Serf Health Status',
    Status: 'passing',
    Output: 'Agent alive and reachable',
  };
  const all = {
    Node: name,
    Address: address,
    Service: { ...service, Service: isApart ? ownService(settings) : Name },
    Checks: check ? [alive, check] : [alive],
  };
  return { id: service.ID, body: JSON.stringify(all) };
}

const DONE: Reply = { status: 200, headers: {}, body: 'true' };

/** The agent's word of itself, which no server hears of: asked for once. */
let self: Promise<Reply> | undefined;

/** The registration that each host's agent has last told the catalog; whether it tells it the same again. */
const told = new Map<string, string>();
let repeats = true;

/** @param counted what its requests count in */
const exchangeOf =
  (settings: Settings, counted: CrowdCounts): Exchange =>
  (asked, options) => {
    const url = isApart ? asked.replace('/health/service/etcd3?', `/health/service/${ownService(settings)}?`) : asked;
    const { pathname, search, origin } = new URL(url);
    if (pathname === '/v1/agent/self') {
      self ??= exchange({ ...NOTHING }, url, options);
      counted.requests++;
      return self;
    }
    if (pathname !== '/v1/agent/service/register') return exchange(counted, origin + pathname + search, options);
    const { id, body } = toCatalog(settings, options.body ?? '');
    if (!repeats && told.get(id) === body) return Promise.resolve(DONE);
    told.set(id, body);
    return exchange(counted, `${origin}/v1/catalog/register`, { ...options, body });
  };

function exchange(counted: CrowdCounts, ...[url, options]: Parameters<Exchange>): Promise<Reply> {
  return new Promise((done, fail) => {
    const kind = url.includes('&index=') ? 'inWaits' : 'inHand';
    counted.requests++;
    counted[kind]++;
    const asked = request(url, { method: options.method ?? 'GET', headers: options.headers, agent: pool });
    const over = () => {
      counted[kind]--;
    };
    asked.on('close', over);
    const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${options.timeout} ms`)), options.timeout);
    options.signal?.addEventListener('abort', () => asked.destroy(new Error('aborted')));
    asked.on('close', () => clearTimeout(timer));
    asked.on('error', fail);
    asked.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        const all = Buffer.concat(chunks);
        counted.bytes += all.length;
        done({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: all.toString('utf8'),
        } satisfies Reply);
      });
    });
    asked.end(options.body);
  });
}

const hosts = { running: [] as SimulatedHost[] };

const connect =
  (agent: string, counted = others) =>
  (settings: Settings) =>
    consulPort(settings, { CONSUL_HTTP_ADDR: agent }, undefined, exchangeOf(settings, counted));

/** Does it for each, so many at a time. */
async function each<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<unknown>): Promise<void> {
  const rest = all.values();
  const worker = async () => {
    for (const one of rest) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

const record = async ({ settings, ports }: SimulatedHost) => {
  await registerClient(settings, ports);
  counts.records++;
};

/** A record is looked after again a minute after the last time, as etcd-record.timer does it on each host. */
async function keepRecord(host: SimulatedHost, agent: string): Promise<void> {
  await sleep(Math.random() * 60_000);
  for (;;) {
    // A process of its own each time, which asks anew what a process asks once.
    const consul = connect(agent)(host.settings);
    await record({ ...host, consul, ports: { ...host.ports, consul } }).catch(() => undefined);
    await sleep(60_000);
  }
}

serveParent({
  /** Clusters that run and are healthy; `records`: their hosts look after what Consul has of them, each minute. */
  async healthy({ from, to, agent }: { from: number; to: number; agent: string }) {
    await each(numbers(from, to), 32, async (cluster) => {
      const members = await born(hostsOf('healthy', cluster, connect(agent)));
      for (const host of members) await record(host);
      hosts.running.push(...members);
    });
  },
  keepRecords({ agent, again }: { agent: string; again: boolean }) {
    repeats = again;
    for (const host of hosts.running) keepRecord(host, agent).catch(() => undefined);
    return Promise.resolve();
  },
  /** Clusters of which the third host is missing: the gates of the others wait. All are registered before the first of these gates begins. */
  async waiting({ from, to, agent }: { from: number; to: number; agent: string }) {
    const all = numbers(from, to).flatMap((cluster) => hostsOf('waiting', cluster, connect(agent, counts)).slice(0, 2));
    await each(all, 32, ({ settings, ports }) => putRegistration(settings, ports));
    for (const { settings, ports } of all) {
      gate(settings, ports).catch((error: Error) => process.stderr.write(`a simulated gate ended: ${error.stack}\n`));
      counts.gates++;
      await sleep(2);
    }
  },
  counts: () => Promise.resolve(counts),
});

/** One Consul with its hosts, and what may be asked of it: a process in namespaces of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { birth, watchGate } from './birth.ts';
import type { CrowdCounts } from './crowd-main.ts';
import { API, agentOf, BUNDLE, linksTo, put, quantile, startAgent, startConsul, whenAlive } from './real-consul.ts';
import { remote, serveParent } from './remote.ts';

/** Of the server, ever; megabytes of now. */
export interface Usage {
  at: number;
  cpu: number;
  memory: number;
  /** Of all simulated hosts together, with the agent that they share. */
  crowdCpu: number;
  /** Entries of Raft's log. */
  applied: number;
  crowd: CrowdCounts;
}

/** Costs of one change of the service, until every gate waits again. */
export interface Herd {
  milliseconds: number;
  cpu: number;
  crowdCpu: number;
  requests: number;
  bytes: number;
}

const CROWD = '127.0.1.1';
const crowdAgent = `${CROWD}:8500`;
const NOBODY: CrowdCounts = { requests: 0, bytes: 0, inWaits: 0, inHand: 0, gates: 0, records: 0 };

interface World {
  work: string;
  server: ChildProcess;
  program: (name: string) => string;
  crowd: { child: ChildProcess; agent: ChildProcess; ask: ReturnType<typeof remote> } | undefined;
}

async function start(work: string, hosts: number, crowdArgs: string[] | undefined, more: object): Promise<World> {
  const [server] = await startConsul(work, hosts, more);
  if (server === undefined) throw new Error('no server');
  const program = linksTo(BUNDLE, join(work, 'bin'));
  if (crowdArgs === undefined) return { work, server, program, crowd: undefined };
  // The simulated hosts stand for other machines: what they take must not be missing here.
  const before = ['nice', '-n', '19', 'sh', '-c', 'ulimit -n 20000 && exec "$@"', 'sh'];
  // All simulated hosts share this agent, which otherwise takes two hundred connections from one address.
  const file = join(work, 'crowd.json');
  writeFileSync(file, '{"limits":{"http_max_conns_per_client":15000}}');
  const agent = startAgent(work, 'crowd', CROWD, before, [`-config-file=${file}`]);
  await whenAlive(hosts + 1);
  const self = [...process.execArgv, fileURLToPath(new URL('crowd-main.ts', import.meta.url)), ...crowdArgs];
  const child = spawn('nice', ['-n', '19', process.execPath, ...self], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return { work, server, program, crowd: { child, agent, ask: remote(child) } };
}

/** Seconds of CPU that a process has used, and its megabytes. */
function processOf({ pid }: ChildProcess): { cpu: number; memory: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, memory: (Number(fields[21]) * 4096) / 1e6 };
}

async function usage({ server, crowd }: World): Promise<Usage> {
  const self = (await (await fetch(`${API}/v1/agent/self`)).json()) as { Stats: { raft: { applied_index: string } } };
  const counts = crowd === undefined ? NOBODY : await crowd.ask<CrowdCounts>('counts');
  const applied = Number(self.Stats.raft.applied_index);
  const crowdCpu = crowd === undefined ? 0 : processOf(crowd.child).cpu + processOf(crowd.agent).cpu;
  return { at: performance.now(), ...processOf(server), crowdCpu, applied, crowd: counts };
}

/** Whether each gate is back in its two waits. */
const isCalm = ({ inWaits, inHand, gates }: CrowdCounts) => inHand === 0 && inWaits >= 2 * gates;

/** @param asked requests that all gates together have made at least */
async function calm(world: World, milliseconds = 20_000, asked = 0): Promise<Usage> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const now = await usage(world);
    if ((isCalm(now.crowd) && now.crowd.requests >= asked) || now.at > end) return now;
    await sleep(20);
  }
}

let changes = 0;

/** Another cluster's host comes into the service. */
async function change(): Promise<void> {
  const Meta = { incarnation: `i${++changes}`, state: 'empty', size: '3', scheme: 'http' };
  const Service = { ID: 'stranger-server', Service: 'etcd3', Tags: ['_etcd-server._tcp.other'], Port: 2380, Meta };
  await put('/v1/catalog/register', { Node: 'stranger', Address: '10.200.0.1', Service });
}

async function herd(world: World): Promise<Herd> {
  const before = await calm(world);
  await change();
  const after = await calm(world, 20_000, before.crowd.requests + before.crowd.gates);
  return {
    milliseconds: after.at - before.at,
    cpu: after.cpu - before.cpu,
    crowdCpu: after.crowdCpu - before.crowdCpu,
    requests: after.crowd.requests - before.crowd.requests,
    bytes: after.crowd.bytes - before.crowd.bytes,
  };
}

/** Changes at a steady pace; resolves to what it cost. */
async function storm(world: World, perSecond: number, seconds: number): Promise<[Usage, Usage]> {
  const before = await usage(world);
  const end = before.at + seconds * 1000;
  for (let at = before.at; at < end; at += 1000 / perSecond) {
    await change();
    await sleep(Math.max(0, at + 1000 / perSecond - performance.now()));
  }
  return [before, await usage(world)];
}

/** Entries in Raft's log that an agent makes of a registration that it has already. */
async function again(): Promise<number> {
  const service = { ID: 'again', Name: 'etcd3-again', Port: 1 };
  const path = '/v1/agent/service/register?replace-existing-checks=true';
  const Check = {
    CheckID: 'again-health',
    Name: 'x',
    HTTP: 'http://127.0.0.1:8500/',
    Interval: '2s',
    Timeout: '2s',
    Status: 'passing',
  };
  await put(path, { ...service, Check });
  await sleep(3000);
  const applied = async () => {
    const self = (await (await fetch(`${API}/v1/agent/self`)).json()) as { Stats: { raft: { applied_index: string } } };
    return Number(self.Stats.raft.applied_index);
  };
  const before = await applied();
  for (let i = 0; i < 10; i++) {
    await put(path, { ...service, Check });
    await sleep(300);
  }
  const entries = ((await applied()) - before) / 10;
  await put('/v1/agent/service/deregister/again');
  return entries;
}

/** Keys and bytes, with their names, that a healthy cluster has in the KV store, and bytes of its entries in an answer of the catalog. */
async function kept(): Promise<{ keys: number; bytes: number; catalog: number }> {
  const cluster = 'healthy-0';
  const reply = await fetch(`${API}/v1/kv/etcd3/${cluster}/?recurse`);
  const entries = (await reply.json()) as { Key: string; Value: string }[];
  const bytes = entries.reduce((sum, { Key, Value }) => sum + Key.length + Buffer.from(Value, 'base64').length, 0);
  const tag = `_etcd-server._tcp.${cluster}`;
  const servers = await (await fetch(`${API}/v1/health/service/etcd3?tag=${tag}`)).text();
  const clients = await (await fetch(`${API}/v1/health/service/etcd3?tag=${cluster}`)).text();
  return { keys: entries.length, bytes, catalog: servers.length + clients.length };
}

/** Milliseconds (medians) of the reads of which a gate's decision is made, by the agent of the second host. */
async function reads(): Promise<Record<'candidates' | 'keys' | 'dns', number>> {
  const tag = '_etcd-server._tcp.mycluster';
  const median = async (read: () => Promise<unknown>) => {
    const all: number[] = [];
    for (let i = 0; i < 21; i++) {
      const before = performance.now();
      await read();
      all.push(performance.now() - before);
    }
    return quantile(all, 0.5);
  };
  const get = async (path: string) => (await fetch(agentOf(2) + path)).text();
  const resolver = new Resolver();
  resolver.setServers(['127.0.0.1']);
  return {
    candidates: await median(() => get(`/v1/health/service/etcd3?consistent&passing&tag=${tag}`)),
    keys: await median(() => get('/v1/kv/etcd3/mycluster/?consistent&recurse')),
    dns: await median(() => resolver.resolveSrv(`${tag}.etcd3.service.dc1.consul`).catch(() => undefined)),
  };
}

let world: World | undefined;
const here = (): World => {
  if (world === undefined) throw new Error('not started');
  return world;
};
const crowd = () => {
  const { crowd: one } = here();
  if (one === undefined) throw new Error('there is no crowd here');
  return one;
};

serveParent({
  async start({ work, hosts, crowd, more }: { work: string; hosts: number; crowd?: string[]; more: object }) {
    world = await start(work, hosts, crowd, more);
  },
  birth: ({ size }: { size: number }) => birth(here().work, here().program, size),
  watchGate: ({ seconds }: { seconds: number }) => watchGate(here().work, here().program, seconds),
  usage: () => usage(here()),
  calm: () => calm(here()),
  herd: () => herd(here()),
  again,
  kept,
  reads,
  storm: ({ perSecond, seconds }: { perSecond: number; seconds: number }) => storm(here(), perSecond, seconds),
  crowd: ({ what, ...rest }: { what: string }) => crowd().ask(what, { ...rest, agent: crowdAgent }),
  /** Simulated hosts stand still, so that what is measured elsewhere has the machine. */
  pause: ({ on }: { on: boolean }) => Promise.resolve(crowd().child.kill(on ? 'SIGSTOP' : 'SIGCONT')),
});

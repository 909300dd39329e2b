/**
 * `npm run bench:gate [-- --against FILE]`: from the last registration to the decision, for the gate and, at the same registrations,
 * for the article's loop (dig, count, sleep 2 s), beside what writing one key takes; FILE is another sidekick bundle, whose rounds take turns
 * with ours. Real Consul, with an agent for each host, socat and sidekick bundle in namespaces of their own.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { run } from '../machine/command.ts';
import {
  API,
  agentOf,
  BUNDLE,
  ended,
  environmentOf,
  inNamespaces,
  linksTo,
  put,
  quantile,
  startConsul,
  withConsul,
} from './real-consul.ts';

const rounds = Number(process.env.ROUNDS ?? 50);
const cluster = 'mycluster';
const srvName = `_etcd-server._tcp.${cluster}.etcd3.service.dc1.consul`;
const { values } = parseArgs({ options: { against: { type: 'string' }, inner: { type: 'string' } } });

/** The outer half: prepares what needs the network, then goes into namespaces that die with it. */
async function outer(): Promise<void> {
  await withConsul(async (work) => {
    const against = values.against === undefined ? [] : ['--against', values.against];
    const child = inNamespaces(fileURLToPath(import.meta.url), ['--inner', work, ...against], 'inherit');
    process.exitCode = await new Promise<number>((done) => child.on('exit', (code) => done(code ?? 1)));
  });
}

/** Another host, by its own agent; resolves when the catalog has it. */
async function registerHost(host: number): Promise<void> {
  const service = {
    ID: `h${host}-server`,
    Name: 'etcd3',
    Tags: [`_etcd-server._tcp.${cluster}`],
    Address: `127.0.0.${host}`,
    Port: 2380,
    Meta: { incarnation: `i${host}`, state: 'empty', size: '3', scheme: 'http' },
  };
  await put('/v1/agent/service/register', service, agentOf(host));
}

async function round(work: string, sidekick: (name: string) => string): Promise<{ gate: number; loop: number }> {
  const data = mkdtempSync(join(work, 'data-'));
  const its = environmentOf(cluster, 3, 1, data);
  const env = { ...process.env, ...its };
  await run(process.execPath, [sidekick('etcd-register'), 'server'], { env: its });
  await registerHost(2);
  const gate = spawn(process.execPath, [sidekick('etcd-ready')], { env, stdio: 'ignore' });
  const script = `until [ "$(dig +short @127.0.0.1 ${srvName} SRV | wc -l)" -ge 3 ]; do sleep 2; done`;
  const loop = spawn('sh', ['-c', script], { stdio: 'ignore' });
  // Both have been waiting for a while, and the last host comes at any moment of the loop's sleep.
  await sleep(1000 + Math.random() * 2000);
  const ends = [ended(gate), ended(loop)] as const;
  const start = performance.now();
  await registerHost(3);
  const [gateEnd, loopEnd] = await Promise.all(ends);
  for (const host of [2, 3]) {
    await put(`/v1/agent/service/deregister/h${host}-server`, undefined, agentOf(host));
  }
  await fetch(`${API}/v1/kv/etcd3/?recurse`, { method: 'DELETE' });
  rmSync('/var/lib/quorumgate-etcd', { recursive: true, force: true });
  return { gate: gateEnd - start, loop: loopEnd - start };
}

async function inner(work: string): Promise<void> {
  const sidekicks = [linksTo(BUNDLE, join(work, 'bin'))];
  if (values.against !== undefined) sidekicks.push(linksTo(resolve(values.against), join(work, 'bin-against')));
  const servers = await startConsul(work, 3);
  const gates: number[][] = sidekicks.map(() => []);
  const loops: number[] = [];
  const writes: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const before = performance.now();
    await put('/v1/kv/bench', { i });
    writes.push(performance.now() - before);
    for (const [index, sidekick] of sidekicks.entries()) {
      const { gate, loop } = await round(work, sidekick);
      gates[index]?.push(gate);
      loops.push(loop);
    }
  }
  for (const child of servers) child.kill('SIGKILL');
  const row = (name: string, of: readonly number[]) =>
    console.log(`${name.padEnd(14)}  median ${quantile(of, 0.5).toFixed(0)}  p99 ${quantile(of, 0.99).toFixed(0)}`);
  console.log(`from the third registration to the decision, ${rounds} rounds, milliseconds`);
  const [here = [], there] = gates;
  row('etcd-ready', here);
  if (there !== undefined) {
    row('  against', there);
    console.log(`  ratio of the medians ${(quantile(here, 0.5) / quantile(there, 0.5)).toFixed(2)}`);
  }
  row("article's loop", loops);
  row('one write', writes);
}

await (values.inner === undefined ? outer() : inner(values.inner));

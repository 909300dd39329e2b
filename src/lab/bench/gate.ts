/**
 * `npm run bench:gate [-- --against FILE]`: from the last registration to the decision, for the gate and, at the same registrations,
 * for the article's loop (dig, count, sleep 2 s), beside what writing one key takes; FILE is another sidekick bundle, whose rounds take turns
 * with ours. Real Consul, with an agent for each host, socat and sidekick bundle in namespaces of their own.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { storeDirectory } from '../image/program/artifacts.ts';
import { ensureArtifact, OFFERS } from '../image/program/debian.ts';
import { layoutOf } from '../lab.ts';
import { run } from '../machine/command.ts';
import { prepareMachine } from '../machine/preconditions.ts';

const rounds = Number(process.env.ROUNDS ?? 50);
const cluster = 'mycluster';
const srvName = `_etcd-server._tcp.${cluster}.etcd3.service.dc1.consul`;
const api = 'http://127.0.0.1:8500';
const { values } = parseArgs({ options: { against: { type: 'string' }, inner: { type: 'string' } } });

/** The outer half: prepares what needs the network, then goes into namespaces that die with it. */
async function outer(): Promise<void> {
  await prepareMachine(console.log, undefined, { dig: 'bind9-dnsutils', socat: 'socat' });
  const { cache } = layoutOf();
  const artifact = await ensureArtifact(cache, OFFERS.consul[0], console.log);
  const work = mkdtempSync(join(tmpdir(), 'quorumgate-bench-'));
  try {
    await run('tar', ['-xzf', join(storeDirectory(cache), artifact.file), '-C', work]);
    const against = values.against === undefined ? [] : ['--against', values.against];
    const self = [...process.execArgv, fileURLToPath(import.meta.url), '--inner', work, ...against];
    const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const child = spawn('unshare', [...namespaces, process.execPath, ...self], { stdio: 'inherit' });
    process.exitCode = await new Promise<number>((done) => child.on('exit', (code) => done(code ?? 1)));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function put(path: string, body?: object, at = api): Promise<void> {
  const reply = await fetch(at + path, { method: 'PUT', body: JSON.stringify(body ?? {}) });
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
}

const ended = (child: ChildProcess) =>
  new Promise<number>((done, fail) =>
    child.on('exit', (code) => (code === 0 ? done(performance.now()) : fail(new Error(`exit ${code}`)))),
  );

/** Consul, with an agent for each host, and the forwarders. */
async function startServers(work: string): Promise<ChildProcess[]> {
  await run('ip', ['link', 'set', 'lo', 'up']);
  // A file in there says what was launched on this machine.
  await run('mount', ['-t', 'tmpfs', 'tmpfs', '/var/lib']);
  const dns = { enable_truncate: true, enable_additional_node_meta_txt: false, udp_answer_limit: 8 };
  const config = { performance: { raft_multiplier: 1 }, dns_config: dns, disable_update_check: true };
  writeFileSync(join(work, 'consul.json'), JSON.stringify(config));
  const flags = ['-server', '-bootstrap-expect=1', '-bind=127.0.0.1', '-node=h1', `-data-dir=${work}/consul-data`];
  const servers = [
    spawn(join(work, 'consul'), ['agent', ...flags, `-config-file=${work}/consul.json`], { stdio: 'ignore' }),
  ];
  for (const pair of [
    ['UDP4-RECVFROM:53,bind=127.0.0.1,fork', 'UDP4-SENDTO:127.0.0.1:8600'],
    ['TCP4-LISTEN:53,bind=127.0.0.1,fork,reuseaddr', 'TCP4:127.0.0.1:8600'],
  ]) {
    servers.push(spawn('socat', ['-t', '5', ...pair], { stdio: 'ignore' }));
  }
  for (const host of [2, 3]) {
    const address = `127.0.0.${host}`;
    const its = [`-bind=${address}`, `-client=${address}`, `-node=h${host}`, `-data-dir=${work}/consul-data-${host}`];
    servers.push(
      spawn(join(work, 'consul'), ['agent', ...its, '-retry-join=127.0.0.1', '-retry-interval=1s'], {
        stdio: 'ignore',
      }),
    );
  }
  for (let tries = 0; tries < 200; tries++) {
    const reply = await fetch(`${api}/v1/agent/members`).catch(() => undefined);
    const alive = reply?.ok ? ((await reply.json()) as { Status: number }[]).filter(({ Status }) => Status === 1) : [];
    const leader = await fetch(`${api}/v1/kv/x?consistent`).catch(() => undefined);
    if (leader?.status === 404 && alive.length === 3) return servers;
    await sleep(100);
  }
  throw new Error('Consul has no leader, or not three agents, after 20 s');
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
  await put('/v1/agent/service/register', service, `http://127.0.0.${host}:8500`);
}

async function round(work: string, sidekick: (name: string) => string): Promise<{ gate: number; loop: number }> {
  const data = mkdtempSync(join(work, 'data-'));
  const env = {
    ...process.env,
    QG_CLUSTER: cluster,
    QG_SIZE: '3',
    QG_SCHEME: 'http',
    QG_DATACENTER: 'dc1',
    QG_DOMAIN: 'consul',
    QG_PEER_PORT: '2380',
    QG_CLIENT_PORT: '2379',
    QG_METRICS_PORT: '2381',
    QG_DATA_DIR: data,
    QG_DISCOVERY: 'committed',
    QG_REPLACE_DEAD_AFTER: '60',
    QG_NAME: 'h1',
    QG_ADDRESS: '127.0.0.1',
    RUNTIME_DIRECTORY: data,
  };
  await run(process.execPath, [sidekick('etcd-register'), 'server'], { env });
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
    await put(`/v1/agent/service/deregister/h${host}-server`, undefined, `http://127.0.0.${host}:8500`);
  }
  await fetch(`${api}/v1/kv/etcd3/?recurse`, { method: 'DELETE' });
  rmSync('/var/lib/quorumgate-etcd', { recursive: true, force: true });
  return { gate: gateEnd - start, loop: loopEnd - start };
}

/** Links to a bundle by the names that it goes by. */
function linksTo(bundle: string, bin: string): (name: string) => string {
  mkdirSync(bin);
  for (const name of ['etcd-ready', 'etcd-register']) symlinkSync(bundle, join(bin, name));
  return (name) => join(bin, name);
}

async function inner(work: string): Promise<void> {
  const ours = fileURLToPath(new URL('../../../dist/sidekick/etcd-sidekick.cjs', import.meta.url));
  const sidekicks = [linksTo(ours, join(work, 'bin'))];
  if (values.against !== undefined) sidekicks.push(linksTo(resolve(values.against), join(work, 'bin-against')));
  const servers = await startServers(work);
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
  const quantile = (of: readonly number[], share: number) => {
    const sorted = [...of].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  };
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

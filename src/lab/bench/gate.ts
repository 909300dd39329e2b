/**
 * `npm run bench:gate`: from the last registration to the decision, for the gate and, at the same registrations, for
 * the article's loop (dig, count, sleep 2 s). Real Consul, socat and sidekick bundle in namespaces of their own.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureArtifact, offerFor, storeDirectory } from '../image/artifacts.ts';
import { layoutOf } from '../lab.ts';
import { run } from '../machine/command.ts';

const rounds = Number(process.env.ROUNDS ?? 50);
const cluster = 'mycluster';
const srvName = `_etcd-server._tcp.${cluster}.etcd3.service.dc1.consul`;
const api = 'http://127.0.0.1:8500';

/** The outer half: prepares what needs the network, then goes into namespaces that die with it. */
async function outer(): Promise<void> {
  const { cache } = layoutOf();
  const artifact = await ensureArtifact(cache, offerFor('consul', undefined), console.log);
  const work = mkdtempSync(join(tmpdir(), 'quorumgate-bench-'));
  try {
    await run('tar', ['-xzf', join(storeDirectory(cache), artifact.file), '-C', work]);
    const self = [...process.execArgv, fileURLToPath(import.meta.url), '--inner', work];
    const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const child = spawn('unshare', [...namespaces, process.execPath, ...self], { stdio: 'inherit' });
    process.exitCode = await new Promise<number>((done) => child.on('exit', (code) => done(code ?? 1)));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function put(path: string, body?: object): Promise<void> {
  const reply = await fetch(api + path, { method: 'PUT', body: JSON.stringify(body ?? {}) });
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
}

const ended = (child: ChildProcess) =>
  new Promise<number>((done, fail) =>
    child.on('exit', (code) => (code === 0 ? done(performance.now()) : fail(new Error(`exit ${code}`)))),
  );

/** Consul and the forwarders. */
async function startServers(work: string): Promise<ChildProcess[]> {
  await run('ip', ['link', 'set', 'lo', 'up']);
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
  for (let tries = 0; tries < 200; tries++) {
    const reply = await fetch(`${api}/v1/kv/x?consistent`).catch(() => undefined);
    if (reply?.status === 404) return servers;
    await sleep(100);
  }
  throw new Error('Consul has no leader after 20 s');
}

/** Another host: a node of its own in the catalog. */
function registerHost(host: number): Promise<void> {
  const meta = { incarnation: `i${host}`, state: 'empty', size: '3', scheme: 'http' };
  return put('/v1/catalog/register', {
    Node: `h${host}`,
    Address: `127.0.0.${host}`,
    Service: {
      ID: `h${host}-server`,
      Service: 'etcd3',
      Tags: [`_etcd-server._tcp.${cluster}`],
      Address: `127.0.0.${host}`,
      Port: 2380,
      Meta: meta,
    },
  });
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
  for (const host of [2, 3]) await put('/v1/catalog/deregister', { Node: `h${host}` });
  await fetch(`${api}/v1/kv/etcd3/?recurse`, { method: 'DELETE' });
  return { gate: gateEnd - start, loop: loopEnd - start };
}

async function inner(work: string): Promise<void> {
  const bundle = fileURLToPath(new URL('../../../dist/sidekick/etcd-sidekick.cjs', import.meta.url));
  const bin = join(work, 'bin');
  mkdirSync(bin);
  const names = ['etcd-ready', 'etcd-register'];
  for (const name of names) symlinkSync(bundle, join(bin, name));
  const servers = await startServers(work);
  const results: { gate: number; loop: number }[] = [];
  for (let i = 0; i < rounds; i++) results.push(await round(work, (name) => join(bin, name)));
  const quantile = (of: 'gate' | 'loop', share: number) => {
    const sorted = results.map((result) => result[of]).sort((a, b) => a - b);
    return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0);
  };
  console.log(`from the third registration to the decision, ${rounds} rounds, milliseconds`);
  for (const child of servers) child.kill('SIGKILL');
  for (const of of ['gate', 'loop'] as const) {
    const name = of === 'gate' ? 'etcd-ready    ' : "article's loop";
    console.log(`${name}  median ${quantile(of, 0.5)}  p99 ${quantile(of, 0.99)}`);
  }
}

const at = process.argv.indexOf('--inner');
await (at === -1 ? outer() : inner(process.argv[at + 1] ?? ''));

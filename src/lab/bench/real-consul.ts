/** A real Consul for benches, in namespaces of its own that die with who made them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { storeDirectory } from '../image/program/artifacts.ts';
import { newestOf } from '../image/program/choose.ts';
import { ensureArtifact, OFFERS } from '../image/program/debian.ts';
import { readManifest } from '../image/program/manifest.ts';
import { layoutOf } from '../lab.ts';
import { run } from '../machine/command.ts';
import { prepareMachine } from '../machine/preconditions.ts';

/** The agent of the first host, who is the server. */
export const API = 'http://127.0.0.1:8500';
export const addressOf = (host: number): string => `127.0.0.${host}`;
export const agentOf = (host: number): string => `http://${addressOf(host)}:8500`;

/** The bundle that is built and committed. */
export const BUNDLE = fileURLToPath(new URL('../../../dist/sidekick/etcd-sidekick.cjs', import.meta.url));

/**
 * Puts `consul` into a new directory, which goes when `use` is over; what is missing on the machine is fetched before.
 *
 * @param asked a version or line that `npm run programs` has brought; empty: the newest of these. Without it, or where there is none: Debian's
 */
export async function withConsul<T>(
  use: (work: string, version: string) => Promise<T>,
  asked: string | undefined = undefined,
): Promise<T> {
  await prepareMachine(console.log, undefined, { dig: 'bind9-dnsutils', socat: 'socat' });
  const { cache } = layoutOf();
  const brought = asked === undefined ? [] : readManifest(cache).filter(({ program }) => program === 'consul');
  const newest = asked ? newestOf(brought, asked) : brought.at(-1);
  const work = mkdtempSync(join(tmpdir(), 'quorumgate-bench-'));
  try {
    const found = newest ?? (await ensureArtifact(cache, OFFERS.consul[0], console.log));
    const archive = newest === undefined ? join(storeDirectory(cache), found.file) : join(cache, found.file);
    if (archive.endsWith('.zip')) {
      const program = unzipSync(readFileSync(archive))['consul'];
      if (program === undefined) throw new Error(`${archive} has no consul`);
      writeFileSync(join(work, 'consul'), program);
      chmodSync(join(work, 'consul'), 0o755);
    } else await run('tar', ['-xzf', archive, '-C', work]);
    return await use(work, found.version);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Runs a file of ours in network, mount and PID namespaces that end with it. */
export function inNamespaces(file: string, args: string[], stdio: 'inherit' | 'ipc'): ChildProcess {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  return spawn('unshare', [...namespaces, process.execPath, ...process.execArgv, file, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', ...(stdio === 'ipc' ? (['ipc'] as const) : [])],
  });
}

/** A request that has to succeed. */
export async function put(path: string, body?: object, at = API): Promise<void> {
  const reply = await fetch(at + path, { method: 'PUT', body: JSON.stringify(body ?? {}) });
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
}

/** The moment of a successful end. */
export const ended = (child: ChildProcess): Promise<number> =>
  new Promise((done, fail) =>
    child.on('exit', (code) => (code === 0 ? done(performance.now()) : fail(new Error(`exit ${code}`)))),
  );

/** An agent at an address; the first host's is the server. @param before a command that runs its arguments */
export function startAgent(
  work: string,
  name: string,
  address: string,
  before: string[] = [],
  after: string[] = [],
): ChildProcess {
  const isServer = address === '127.0.0.1';
  const role = isServer ? ['-server', '-bootstrap-expect=1'] : ['-retry-join=127.0.0.1', '-retry-interval=1s'];
  const its = [`-bind=${address}`, `-client=${address}`, `-node=${name}`, `-data-dir=${work}/consul-data-${name}`];
  const command = [join(work, 'consul'), 'agent', ...role, ...its, `-config-file=${work}/consul.json`, ...after];
  const [first = '', ...args] = [...before, ...command];
  return spawn(first, args, { stdio: 'ignore' });
}

/** Consul's server, an agent for each further host, and the forwarders; the server is the first. @param more of the agents' configuration */
export async function startConsul(work: string, hosts: number, more: object = {}): Promise<ChildProcess[]> {
  await run('ip', ['link', 'set', 'lo', 'up']);
  // A file in there says what was launched on this machine.
  await run('mount', ['-t', 'tmpfs', 'tmpfs', '/var/lib']);
  // As it is on a host.
  await run('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
  const dns = { enable_truncate: true, enable_additional_node_meta_txt: false, udp_answer_limit: 8 };
  const config = { performance: { raft_multiplier: 1 }, dns_config: dns, disable_update_check: true, ...more };
  writeFileSync(join(work, 'consul.json'), JSON.stringify(config));
  const all = Array.from({ length: hosts }, (_, index) => startAgent(work, `h${index + 1}`, addressOf(index + 1)));
  for (const pair of [
    ['UDP4-RECVFROM:53,bind=127.0.0.1,fork', 'UDP4-SENDTO:127.0.0.1:8600'],
    ['TCP4-LISTEN:53,bind=127.0.0.1,fork,reuseaddr', 'TCP4:127.0.0.1:8600'],
  ]) {
    all.push(spawn('socat', ['-t', '5', ...pair], { stdio: 'ignore' }));
  }
  await whenAlive(hosts);
  return all;
}

/** Waits for a leader and so many agents. */
export async function whenAlive(agents: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const reply = await fetch(`${API}/v1/agent/members`).catch(() => undefined);
    const alive = reply?.ok ? ((await reply.json()) as { Status: number }[]).filter(({ Status }) => Status === 1) : [];
    const leader = await fetch(`${API}/v1/kv/x?consistent`).catch(() => undefined);
    if (leader?.status === 404 && alive.length === agents) return;
    await sleep(100);
  }
  throw new Error(`Consul has no leader, or not ${agents} agents, after 30 s`);
}

/** Variables of cluster.env and host.env, on a host of a bench. */
export function environmentOf(cluster: string, size: number, host: number, data: string): Record<string, string> {
  return {
    QG_CLUSTER: cluster,
    QG_SIZE: String(size),
    QG_SCHEME: 'http',
    QG_DATACENTER: 'dc1',
    QG_DOMAIN: 'consul',
    QG_PEER_PORT: '2380',
    QG_CLIENT_PORT: '2379',
    QG_METRICS_PORT: '2381',
    QG_DATA_DIR: data,
    QG_DISCOVERY: 'committed',
    QG_REPLACE_DEAD_AFTER: '60',
    QG_NAME: `h${host}`,
    QG_ADDRESS: addressOf(host),
    RUNTIME_DIRECTORY: join('/run', basename(data)),
  };
}

/** Links to a bundle by the names that it goes by. */
export function linksTo(bundle: string, bin: string): (name: string) => string {
  mkdirSync(bin);
  for (const name of ['etcd-ready', 'etcd-register']) symlinkSync(bundle, join(bin, name));
  return (name) => join(bin, name);
}

/** The value below which this share of all lie. */
export function quantile(of: readonly number[], share: number): number {
  const sorted = [...of].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

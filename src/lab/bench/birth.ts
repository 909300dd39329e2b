import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { API, addressOf, agentOf, ended, environmentOf, put } from './real-consul.ts';

/** Requests of one kind that went through. */
export interface Traffic {
  count: number;
  sent: number;
  received: number;
}

const CLUSTER = 'mycluster';

/** A way to an agent that counts what goes through, and may hold registrations back. */
async function startProxy(host: number) {
  const traffic = new Map<string, Traffic>();
  let opened = Promise.resolve();
  let open: () => void = () => undefined;
  let arrived: () => void = () => undefined;
  const proxy = createServer(async (incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming;
    const kind = `${method} ${url.replace(/index=\d+/, 'index=N')}`;
    const seen = traffic.get(kind) ?? { count: 0, sent: 0, received: 0 };
    traffic.set(kind, seen);
    seen.count++;
    if (url.startsWith('/v1/agent/service/register')) {
      arrived();
      await opened;
    }
    const onward = request(agentOf(host) + url, { method, headers: incoming.headers, agent: false }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.on('data', (chunk: Buffer) => {
        seen.received += chunk.length;
      });
      reply.pipe(outgoing);
    });
    incoming.on('data', (chunk: Buffer) => {
      seen.sent += chunk.length;
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => proxy.listen(8501, addressOf(host), done));
  return {
    traffic,
    url: `http://${addressOf(host)}:8501`,
    /** Holds registrations from now on; resolves, with what lets them go, once there is one. */
    hold(): Promise<() => void> {
      opened = new Promise((done) => {
        open = done;
      });
      return new Promise((done) => {
        arrived = () => done(open);
      });
    },
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}

type Program = (name: string) => string;

/** A sidekick on a host: what it keeps outside etcd's directory is that host's own. */
function start(
  program: Program,
  name: string,
  args: string[],
  its: Record<string, string>,
  home: string,
): ChildProcess {
  const script = 'mount --bind "$0" /var/lib && exec "$@"';
  mkdirSync(join(home, 'lib'), { recursive: true });
  const command = ['--mount', 'sh', '-c', script, join(home, 'lib'), process.execPath, program(name), ...args];
  return spawn('unshare', command, { env: { ...process.env, ...its }, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Resolves when it has said this. */
function says(child: ChildProcess, what: string): Promise<void> {
  let text = '';
  return new Promise((done, fail) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes(what)) done();
    });
    child.on('exit', () => fail(new Error(`a sidekick ended before it said "${what}": ${text}`)));
  });
}

async function forget(size: number): Promise<void> {
  for (let host = 1; host <= size; host++) {
    await put(`/v1/agent/service/deregister/h${host}-server`, undefined, agentOf(host)).catch(() => undefined);
  }
  await fetch(`${API}/v1/kv/etcd3/${CLUSTER}/?recurse`, { method: 'DELETE' });
}

function hostsOf(home: string, size: number) {
  return Array.from({ length: size }, (_, index) => {
    const data = join(home, `h${index + 1}`, 'data');
    mkdirSync(data, { recursive: true });
    const its = environmentOf(CLUSTER, size, index + 1, data);
    return { home: join(home, `h${index + 1}`), its: { ...its, CONSUL_HTTP_ADDR: agentOf(index + 1) } };
  });
}

/**
 * Milliseconds from the last registration to the last decision of all hosts, each of which has a gate that runs already. That of the
 * last host registers it, as each gate does first; a proxy lets this through once all others wait.
 */
export async function birth(work: string, program: Program, size: number): Promise<number> {
  const home = mkdtempSync(join(work, 'birth-'));
  const proxy = await startProxy(size);
  let gates: ChildProcess[] = [];
  try {
    const hosts = hostsOf(home, size);
    const last = hosts.at(-1);
    if (last === undefined) throw new Error('no hosts');
    last.its.CONSUL_HTTP_ADDR = proxy.url;
    const others = hosts.slice(0, -1);
    await Promise.all(others.map((one) => ended(start(program, 'etcd-register', ['server'], one.its, one.home))));
    const held = proxy.hold();
    gates = hosts.map(({ its, home }) => start(program, 'etcd-ready', [], its, home));
    const ends = Promise.all(gates.map(ended));
    // Awaited below, if nothing fails before.
    ends.catch(() => undefined);
    await Promise.all(gates.slice(0, -1).map((gate) => says(gate, `${size - 1} of ${size} registered`)));
    const open = await held;
    await sleep(500 + Math.random() * 1000);
    const began = performance.now();
    open();
    return Math.max(...(await ends)) - began;
  } finally {
    for (const gate of gates) gate.kill('SIGKILL');
    proxy.close();
    await forget(size);
    rmSync(home, { recursive: true, force: true });
  }
}

/** Requests of one gate in so many seconds, while it waits for two more hosts. */
export async function watchGate(work: string, program: Program, seconds: number): Promise<[string, Traffic][]> {
  const home = mkdtempSync(join(work, 'birth-'));
  const proxy = await startProxy(1);
  try {
    const [host] = hostsOf(home, 3);
    if (host === undefined) throw new Error('no hosts');
    host.its.CONSUL_HTTP_ADDR = proxy.url;
    const gate = start(program, 'etcd-ready', [], host.its, host.home);
    await says(gate, '1 of 3 registered');
    await sleep(1000);
    proxy.traffic.clear();
    await sleep(seconds * 1000);
    const seen = [...proxy.traffic];
    gate.kill('SIGKILL');
    return seen;
  } finally {
    proxy.close();
    await forget(1);
    rmSync(home, { recursive: true, force: true });
  }
}

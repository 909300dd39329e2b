import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { consulConfig } from '../../plan/consul.ts';
import { withDefaults } from '../../spec/defaults-testing.ts';
import { bootstrap } from './bootstrap.ts';

const running: ChildProcess[] = [];

/** Ends every Consul that was started here. */
export function endConsuls(): void {
  for (const child of running) child.kill('SIGKILL');
}

export const spec = withDefaults({
  version: 1,
  cluster: { name: 'mycluster', size: 1 },
  targets: ['aws'],
  address: { cidr: '127.0.0.0/8' },
  consul: {
    servers: 'members',
    join: ['127.0.0.1'],
    encrypt: '/x/gossip',
    tokens: { agent: '/x/agent', dns: '/x/dns', sidekick: '/x/sidekick' },
  },
  etcd: { version: '3.7.3' },
  tls: 'off',
});

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A Consul of one server with the plan's configuration and the secrets of a directory; its address. */
export async function startConsul(program: string, directory: string, folder: string): Promise<string> {
  const place = mkdtempSync(join(folder, 'agent-'));
  const [http, server, lan] = await Promise.all([freePort(), freePort(), freePort()]);
  writeFileSync(join(place, 'agent.json'), consulConfig(spec, 'etcd'));
  // As units/scripts/secrets.sh hands them on.
  const word = (name: string) => readFileSync(join(directory, name), 'utf8').trim();
  const secrets = { encrypt: word('gossip'), acl: { tokens: { agent: word('agent'), default: word('dns') } } };
  writeFileSync(join(place, 'secrets.json'), JSON.stringify(secrets));
  // Its place on hosts is not here.
  const addresses = { http: `127.0.0.1 unix://${join(place, 'http.sock')}` };
  // A port of its own since 1.14, which others do not know; several run beside each other.
  const grpc = /v1\.(?:[0-9]|1[0-3])\./.test(spawnSync(program, ['version'], { encoding: 'utf8' }).stdout)
    ? {}
    : { grpc_tls: -1 };
  const ports = { http, dns: -1, server, serf_lan: lan, serf_wan: -1, ...grpc };
  // Each command that is cut off leaves its connections to the end of this process.
  const limits = { http_max_conns_per_client: 2000 };
  const test = { ports, addresses, limits, retry_join: [`127.0.0.1:${lan}`] };
  writeFileSync(join(place, 'test.json'), JSON.stringify(test));
  const flags = [`-config-dir=${place}`, `-data-dir=${join(place, 'data')}`, '-node=etcd-1', '-bind=127.0.0.1'];
  const child = spawn(program, ['agent', ...flags], { stdio: 'ignore' });
  // A test that is over does not wait for it.
  child.unref();
  running.push(child);
  return `127.0.0.1:${http}`;
}

/** Makes it know the tokens, as soon as it can. */
export async function bootstrapped(address: string, directory: string, env = {}): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    try {
      return await bootstrap(spec, directory, { CONSUL_HTTP_ADDR: address, ...env });
    } catch (error) {
      // No leader yet, or its ACLs are still being made.
      if (
        tries > 900 ||
        !/not running yet|no leader|No cluster leader|system is currently in legacy|ACL|closed without/.test(
          String(error),
        )
      )
        throw error;
      await sleep(200);
    }
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { withDefaults } from '../spec/defaults-testing.ts';
import { realPrograms } from '../testing/programs.ts';
import { NEWEST } from '../version/facts.ts';
import { consulConfig } from './consul.ts';

function configOf(version: string | undefined, servers: 'members' | 'existing') {
  const spec = withDefaults({
    version: 1,
    cluster: { name: 'mycluster', size: 3 },
    targets: ['aws'],
    address: { cidr: '127.0.0.0/8' },
    consul: { servers, join: ['127.0.0.1'], ...(version === undefined ? {} : { version }) },
    etcd: { version: NEWEST.etcd.version },
    tls: 'off',
  });
  return JSON.parse(consulConfig(spec, 'etcd'));
}

test('an agent has the keys of its version, and no key of a newer one', (t) => {
  const mesh = { connect: { enabled: false }, ports: { grpc_tls: -1 } };
  t.like(configOf('1.14.0', 'members'), mesh);
  t.like(configOf(NEWEST.Consul.version, 'members'), mesh);
  // Not known, older, or without a mesh.
  for (const config of [configOf(undefined, 'members'), configOf('1.13.9', 'members'), configOf('2.1.0', 'existing')]) {
    t.deepEqual([config.connect, config.ports], [undefined, undefined]);
  }
});

test('settings are merged into it, mapping by mapping', (t) => {
  const spec = withDefaults({
    version: 1,
    cluster: { name: 'mycluster', size: 3 },
    targets: ['aws'],
    address: { cidr: '127.0.0.0/8' },
    consul: {
      servers: 'members',
      join: ['127.0.0.1'],
      settings: { log_level: 'warn', dns_config: { node_ttl: '5s' } },
    },
    etcd: { version: NEWEST.etcd.version },
    tls: 'off',
  });
  const config = JSON.parse(consulConfig(spec, 'etcd'));
  t.like(config, { log_level: 'warn', dns_config: { node_ttl: '5s', enable_truncate: true }, server: true });
});

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-consul-'));
const running: ChildProcess[] = [];
test.after.always(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Warnings of every cluster that is not whole yet. */
const USUAL =
  /bootstrap|No cluster leader|heartbeat timeout|no known peers|Join|join|anti-entropy|No servers available|No known Consul servers/i;

async function started(program: string, config: object, port: number): Promise<{ log: string; alive: boolean }> {
  const place = mkdtempSync(join(folder, 'agent-'));
  mkdirSync(join(place, 'config'));
  writeFileSync(join(place, 'config/agent.json'), JSON.stringify(config));
  // On ports of its own: a real agent may be here.
  const own = { http: -1, dns: -1, server: port, serf_lan: port + 1, serf_wan: -1 };
  writeFileSync(join(place, 'config/test.json'), JSON.stringify({ ports: own, retry_join: [`127.0.0.1:${port + 1}`] }));
  const flags = [`-config-dir=${join(place, 'config')}`, `-data-dir=${join(place, 'data')}`];
  const child = spawn(program, ['agent', ...flags, '-node=etcd-1', '-bind=127.0.0.1']);
  running.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (log += bytes));
  for (
    let tries = 0;
    tries < 100 && child.exitCode === null && !/agent running|Consul agent running/.test(log);
    tries++
  ) {
    await sleep(100);
  }
  await sleep(500);
  const alive = child.exitCode === null;
  child.kill('SIGKILL');
  return { log, alive };
}

const programs = realPrograms('consul', process.env['QUORUMGATE_TEST_CONSUL'], folder);

const real = programs.length > 0 ? test.serial : test.serial.skip;
real(
  'a real agent starts with its configuration, and warns of none of it (QUORUMGATE_TEST_CONSUL, or a lab)',
  async (t) => {
    for (const [index, program] of programs.entries()) {
      const version = /v(\d+\.\d+\.\d+)/.exec(spawnSync(program, ['version'], { encoding: 'utf8' }).stdout)?.[1];
      t.log(version);
      for (const servers of ['members', 'existing'] as const) {
        const { log, alive } = await started(program, configOf(version, servers), 28_300 + index * 10);
        t.true(alive, log);
        const warnings = log
          .split('\n')
          .filter((line) => /\[(WARN|ERR|ERROR)\]|deprecat/i.test(line) && !USUAL.test(line));
        t.deepEqual(warnings, [], version);
        t.false(/grpc_tls address|initialized primary datacenter CA/.test(log), version);
      }
    }
  },
);

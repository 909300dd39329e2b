import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { consulConfig } from '../plan/consul.ts';
import { policies, policyName } from '../plan/policies.ts';
import { Agent, Denied } from '../sidekick/host/agent.ts';
import type { ask } from '../sidekick/host/http.ts';
import { hostRights, operatorRights, Rights } from '../sidekick/host/rights.ts';
import { withDefaults } from '../spec/defaults-testing.ts';
import { realPrograms } from '../testing/programs.ts';
import { bootstrap, makeSecrets } from './acl.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-acl-'));
const running: ChildProcess[] = [];
test.after.always(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const HOLDERS = ['agent', 'dns', 'gossip', 'operator', 'sidekick'];

test('secrets are made once, for their owner alone', async (t) => {
  const directory = join(folder, 'made');
  t.deepEqual((await makeSecrets(directory)).sort(), HOLDERS);
  for (const name of HOLDERS) t.is(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  t.is(Buffer.from(readFileSync(join(directory, 'gossip'), 'utf8'), 'base64').length, 32);
  t.deepEqual(await makeSecrets(directory), []);
});

const spec = withDefaults({
  version: 1,
  cluster: { name: 'mycluster', size: 1 },
  targets: ['aws'],
  address: { cidr: '127.0.0.0/8' },
  consul: {
    servers: 'members',
    join: ['127.0.0.1'],
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

/** A Consul of one server with the plan's configuration; its address. */
async function startConsul(program: string, directory: string): Promise<string> {
  const place = mkdtempSync(join(folder, 'agent-'));
  const [http, server, lan] = await Promise.all([freePort(), freePort(), freePort()]);
  writeFileSync(join(place, 'agent.json'), consulConfig(spec, 'etcd'));
  // As units/scripts/secrets.sh hands them on.
  const word = (name: string) => readFileSync(join(directory, name), 'utf8').trim();
  const secrets = { encrypt: word('gossip'), acl: { tokens: { agent: word('agent'), default: word('dns') } } };
  writeFileSync(join(place, 'secrets.json'), JSON.stringify(secrets));
  // Its place on hosts is not here.
  const addresses = { http: `127.0.0.1 unix://${join(place, 'http.sock')}` };
  const ports = { http, dns: -1, server, serf_lan: lan, serf_wan: -1 };
  writeFileSync(join(place, 'test.json'), JSON.stringify({ ports, addresses, retry_join: [`127.0.0.1:${lan}`] }));
  const flags = [`-config-dir=${place}`, `-data-dir=${join(place, 'data')}`, '-node=etcd-1', '-bind=127.0.0.1'];
  running.push(spawn(program, ['agent', ...flags], { stdio: 'ignore' }));
  return `127.0.0.1:${http}`;
}

test('a leader that has not made its policies yet is asked again', async (t) => {
  const directory = join(folder, 'early');
  await makeSecrets(directory);
  const asked: string[] = [];
  const early: typeof ask = (url) => {
    asked.push(url.replace(/^.*?\/v1/, ''));
    const none = 'failed inserting bootstrap token: No such policy with ID: 00000000-0000-0000-0000-000000000001';
    const [status, body] = asked.length === 3 ? [403, 'ACL bootstrap no longer allowed'] : [500, none];
    return Promise.resolve({ status, body, headers: {} });
  };
  await t.throwsAsync(bootstrap(spec, directory, { CONSUL_HTTP_ADDR: '127.0.0.1:1' }, early), {
    message: /gives no first token: ACL bootstrap no longer allowed/,
  });
  t.deepEqual(asked, Array(3).fill('/acl/bootstrap'));
});

async function bootstrapped(address: string, directory: string, env = {}): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    try {
      return await bootstrap(spec, directory, { CONSUL_HTTP_ADDR: address, ...env });
    } catch (error) {
      // No leader yet, or its ACLs are still being made.
      if (
        tries > 100 ||
        !/not running yet|no leader|No cluster leader|system is currently in legacy|ACL|closed without/.test(
          String(error),
        )
      )
        throw error;
      await sleep(200);
    }
  }
}

const programs = realPrograms('consul', process.env['QUORUMGATE_TEST_CONSUL'], folder);
const real = programs.length > 0 ? test.serial : test.serial.skip;

real('a new Consul learns the tokens: all rights are there, and each that is taken away is named', async (t) => {
  t.timeout(240_000);
  for (const program of programs) {
    t.log(spawnSync(program, ['version'], { encoding: 'utf8' }).stdout.split('\n')[0]);
    const directory = mkdtempSync(join(folder, 'secrets-'));
    await makeSecrets(directory);
    const address = await startConsul(program, directory);
    const done = await bootstrapped(address, directory);
    t.is(done.length, 10, done.join('\n'));
    t.deepEqual(readdirSync(directory).sort(), [...HOLDERS, 'management'].sort());
    t.is((await bootstrapped(address, directory)).length, 9, 'again');

    const agentOf = (name: string) =>
      new Agent({ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN_FILE: join(directory, name) });
    t.is(statSync(join(directory, 'management')).mode & 0o777, 0o600);
    const rights = { sidekick: hostRights('mycluster', 'etcd-1'), operator: operatorRights('mycluster') };
    const missing = (name: keyof typeof rights) => {
      const asked = JSON.stringify(rights[name].map(({ rule: _, ...right }) => right));
      return agentOf(name)
        .request('/v1/internal/acl/authorize', { method: 'POST', body: asked })
        .then(({ body }) => (JSON.parse(body) as { Allow: boolean }[]).map(({ Allow }) => Allow));
    };
    for (const name of ['sidekick', 'operator'] as const) t.false((await missing(name)).includes(false), name);
    // Another cluster's keys are not for this one's tokens.
    for (const name of ['sidekick', 'operator', 'agent', 'dns']) {
      await t.throwsAsync(agentOf(name).request('/v1/kv/etcd3/other/bootstrap', { method: 'PUT', body: 'x' }), {
        message: /denies access/,
      });
    }
    // The catalog is for discovery, and keys are not.
    t.is((await agentOf('dns').request('/v1/health/service/etcd3')).status, 200);

    const management = agentOf('management');
    const { body } = await management.request('/v1/acl/policies');
    const name = policyName(spec, 'sidekick');
    const { ID } = (JSON.parse(body) as { ID: string; Name: string }[]).find(({ Name }) => Name === name) ?? { ID: '' };
    const whole = policies(spec).sidekick;
    const rules = whole.match(/^.* \{\n.*\n\}\n/gm) ?? [];
    t.is(rules.length, 5);
    for (const one of rules) {
      const rest = JSON.stringify({ ID, Name: name, Rules: whole.replace(one, '') });
      await management.request(`/v1/acl/policy/${ID}`, { method: 'PUT', body: rest });
      const denied = new Rights(agentOf('sidekick'), hostRights('mycluster', 'etcd-1'));
      const [, subject = ''] = /^(\w+?)(?:_prefix)? "/.exec(one) ?? [];
      await t.throwsAsync(
        denied.named(Promise.reject(new Denied('x')), 5000),
        { message: new RegExp(`lacks .*${subject}(_prefix)? "`) },
        one,
      );
    }
    await bootstrapped(address, directory);
    t.false((await missing('sidekick')).includes(false), 'put right');

    const twice = mkdtempSync(join(folder, 'twice-'));
    for (const one of [...HOLDERS, 'management']) {
      writeFileSync(join(twice, one), readFileSync(join(directory, one === 'dns' ? 'agent' : one)));
    }
    await t.throwsAsync(bootstrap(spec, twice, { CONSUL_HTTP_ADDR: address }), { message: /are the same/ });
    // The first token is no operator's.
    writeFileSync(join(twice, 'dns'), readFileSync(join(directory, 'dns')));
    writeFileSync(join(twice, 'operator'), readFileSync(join(directory, 'management')));
    const env = { CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN_FILE: join(directory, 'management') };
    await t.throwsAsync(bootstrap(spec, twice, env), { message: /knows already, for something else/ });
    t.is((await management.request('/v1/acl/policies')).status, 200, 'it still may do everything');

    rmSync(join(directory, 'management'));
    await t.throwsAsync(bootstrap(spec, directory, { CONSUL_HTTP_ADDR: address }), {
      message: /gives no first token: .*no longer allowed/,
    });
    t.false(readdirSync(directory).includes('management'));
  }
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { policies, policyName } from '../../plan/policies.ts';
import { Agent, Denied } from '../../sidekick/host/agent.ts';
import type { ask } from '../../sidekick/host/http.ts';
import { hostRights, operatorRights, Rights } from '../../sidekick/host/rights.ts';
import { realPrograms } from '../../testing/programs.ts';
import { bootstrap, makeSecrets } from './bootstrap.ts';
import { bootstrapped, endConsuls, spec, startConsul } from './consul-testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-acl-'));
test.after.always(() => {
  endConsuls();
  rmSync(folder, { recursive: true, force: true });
});

const HOLDERS = ['agent', 'dns', 'gossip', 'operator', 'sidekick'];

test('secrets are made once, for their owner alone', async (t) => {
  const directory = join(folder, 'made');
  t.deepEqual((await makeSecrets(directory)).sort(), HOLDERS);
  for (const name of HOLDERS) t.is(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  t.is(Buffer.from(readFileSync(join(directory, 'gossip'), 'utf8'), 'base64').length, 32);
  t.deepEqual(await makeSecrets(directory), []);
});

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

const programs = realPrograms('consul', process.env['QUORUMGATE_TEST_CONSUL'], folder);
const real = programs.length > 0 ? test.serial : test.serial.skip;

real('a new Consul learns the tokens: all rights are there, and each that is taken away is named', async (t) => {
  t.timeout(240_000);
  for (const program of programs) {
    t.log(spawnSync(program, ['version'], { encoding: 'utf8' }).stdout.split('\n')[0]);
    const directory = mkdtempSync(join(folder, 'secrets-'));
    await makeSecrets(directory);
    const address = await startConsul(program, directory, folder);
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

    // It has lost everything: the tokens are those that hosts have.
    const renewed = await startConsul(program, directory, folder);
    t.is((await bootstrapped(renewed, directory)).length, 10);
    const again = new Agent({ CONSUL_HTTP_ADDR: renewed, CONSUL_HTTP_TOKEN_FILE: join(directory, 'sidekick') });
    t.is((await again.request('/v1/acl/token/self')).status, 200);

    rmSync(join(directory, 'management'));
    await t.throwsAsync(bootstrap(spec, directory, { CONSUL_HTTP_ADDR: address }), {
      message: /gives no first token: .*no longer allowed/,
    });
    t.false(readdirSync(directory).includes('management'));
  }
});

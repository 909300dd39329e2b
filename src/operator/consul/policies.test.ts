import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { policies, policyName } from '../../plan/policies.ts';
import { Agent } from '../../sidekick/host/agent.ts';
import { consulPort } from '../../sidekick/host/consul.ts';
import { settings } from '../../sidekick/host/server-testing.ts';
import { keyPrefix } from '../../sidekick/shared/keys.ts';
import { realPrograms } from '../../testing/programs.ts';
import { operatorConsul } from '../host/consul.ts';
import { makeSecrets } from './bootstrap.ts';
import { bootstrapped, endConsuls, spec, startConsul } from './consul-testing.ts';

// Real Consuls are asked everything that sidekicks and commands ask, with the policies as they are emitted, and without each rule in turn.
const folder = mkdtempSync(join(tmpdir(), 'quorumgate-policies-'));
test.after.always(() => {
  endConsuls();
  rmSync(folder, { recursive: true, force: true });
});

const versionOf = (program: string) =>
  spawnSync(program, ['version'], { encoding: 'utf8' }).stdout.split('\n')[0] ?? '';
const programs = new Map(
  realPrograms('consul', process.env['QUORUMGATE_TEST_CONSUL'], folder).map((one) => [versionOf(one), one]),
);
const real = programs.size > 0 ? test.serial : test.serial.skip;

const NOTE = `${keyPrefix(spec.cluster.name)}note`;
type Asks = Record<string, () => Promise<unknown>>;

/** All that a host asks of its agent, with a token of its own each time. */
function ofSidekick(address: string, token: string): Asks {
  const env = { CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN_FILE: token };
  const port = () => consulPort({ ...settings, address: '127.0.0.1', size: 1 }, env);
  const tag = '_etcd-server._tcp.mycluster';
  const entry = { ID: 'etcd-1-server', Name: 'etcd3', Port: 2380 } as const;
  return {
    keys: () => port().keys(),
    entries: () => port().entries([NOTE]),
    candidates: () => port().candidates(),
    machines: () => port().machines(),
    put: () => port().put(NOTE, 'x', 0),
    lock: async () => {
      const own = port();
      const session = await own.acquire('etcd-1');
      if (session !== undefined) await own.release(session);
    },
    register: () => port().register({ ...entry, Tags: [tag], Address: '127.0.0.1', Meta: {} }),
    services: () => port().services(),
    deregister: () => port().deregister(entry.ID),
    former: () => port().removeFormerNode(),
    version: () => port().version(),
  };
}

/** All that an operator's commands ask. */
function ofOperator(address: string, token: string): Asks {
  const port = () => operatorConsul(settings, { CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN_FILE: token });
  return {
    keys: () => port().keys(),
    registrations: () => port().registrations(),
    machines: () => port().machines(),
    clients: () => port().clients(),
    put: () => port().put(NOTE, 'x', 0),
    remove: () => port().remove(NOTE, 1),
    lock: async () => {
      const own = port();
      const session = await own.acquire('operator');
      if (session !== undefined) await own.release(session);
    },
  };
}

/** Refused requests by their names, with what was said. */
async function refusals(asks: Asks): Promise<Map<string, string>> {
  const said = new Map<string, string>();
  for (const [name, ask] of Object.entries(asks)) {
    const error = await ask().then(
      () => undefined,
      (reason: unknown) => String(reason),
    );
    if (error !== undefined) said.set(name, error);
  }
  return said;
}

async function tryEach(t: ExecutionContext, holder: 'sidekick' | 'operator', directory: string, address: string) {
  const asks = { sidekick: ofSidekick, operator: ofOperator }[holder](address, join(directory, holder));
  t.deepEqual([...(await refusals(asks))], [], `${holder}: enough as it is emitted`);
  const management = new Agent({ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN_FILE: join(directory, 'management') });
  const Name = policyName(spec, holder);
  const listed = JSON.parse((await management.request('/v1/acl/policies')).body) as { ID: string; Name: string }[];
  const ID = listed.find((one) => one.Name === Name)?.ID ?? '';
  const whole = policies(spec)[holder];
  const put = (Rules: string) =>
    management.request(`/v1/acl/policy/${ID}`, { method: 'PUT', body: JSON.stringify({ ID, Name, Rules }) });
  const rules = whole.match(/^.* \{\n.*\n\}\n/gm) ?? [];
  t.is(rules.join(''), whole, holder);
  for (const rule of rules) {
    await put(whole.replace(rule, ''));
    const said = await refusals(asks);
    const [, subject = ''] = /^(\w+?)(?:_prefix)? "/.exec(rule) ?? [];
    const named = new RegExp(`lacks .*\\b${subject}(_prefix)? "`);
    t.true(said.size > 0, `${holder}: nothing wants ${rule}`);
    for (const [name, text] of said) t.regex(text, named, `${holder}: ${name} without ${rule}`);
    t.log(`${holder}, without ${subject}: refused are ${[...said.keys()].join(', ')}`);
  }
  await put(whole);
  t.deepEqual([...(await refusals(asks))], [], `${holder}: put right`);
}

/** Members that are found with a token: what DNS answers by, and programs elsewhere. */
async function found(address: string, token: string): Promise<number> {
  const agent = new Agent({ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN_FILE: token });
  const { body } = await agent.request('/v1/health/service/etcd3', {}, [403]);
  return body.startsWith('[') ? (JSON.parse(body) as unknown[]).length : 0;
}

/** Consul says nothing of what it leaves out of a list: whoever lacks the rule finds nobody. */
async function tryDiscovery(t: ExecutionContext, directory: string, address: string): Promise<void> {
  await ofSidekick(address, join(directory, 'sidekick'))['register']?.();
  const management = new Agent({ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN_FILE: join(directory, 'management') });
  const put = (path: string, body: object) => management.request(path, { method: 'PUT', body: JSON.stringify(body) });
  for (const holder of ['dns', 'client'] as const) {
    const rules = policies(spec)[holder].match(/^.* \{\n.*\n\}\n/gm) ?? [];
    t.is(rules.length, 2, holder);
    for (const [name, own] of [['whole', rules], ...rules.map((rule) => [rule, rules.filter((one) => one !== rule)])]) {
      const Name = `${holder}-${randomUUID()}`;
      const SecretID = randomUUID();
      await put('/v1/acl/policy', { Name, Rules: [own].flat().join('') });
      await put('/v1/acl/token', { SecretID, Policies: [{ Name }] });
      const file = join(directory, Name);
      writeFileSync(file, SecretID, { mode: 0o600 });
      t.is(await found(address, file), name === 'whole' ? 1 : 0, `${holder}: without ${name}`);
    }
  }
}

for (const [version, program] of programs) {
  real(`${version}: each rule of the emitted policies is wanted, and is named where it lacks`, async (t) => {
    t.timeout(240_000);
    const directory = mkdtempSync(join(folder, 'secrets-'));
    await makeSecrets(directory);
    const address = await startConsul(program, directory, folder);
    await bootstrapped(address, directory);
    for (const holder of ['sidekick', 'operator'] as const) await tryEach(t, holder, directory, address);
    await tryDiscovery(t, directory, address);
  });
}

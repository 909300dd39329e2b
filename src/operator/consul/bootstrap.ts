import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { IoError, toIoError } from '../../io/io-error.ts';
import { replaceFile } from '../../io/replace-file.ts';
import { readSmallFile, writeNewFile } from '../../io/small-file.ts';
import { HOLDERS, policies, policyName } from '../../plan/policies.ts';
import { Agent, checked, type Environment } from '../../sidekick/host/agent.ts';
import { ask } from '../../sidekick/host/http.ts';
import { fieldsOf, listOf, textOf } from '../../sidekick/host/json.ts';
import type { Spec } from '../../spec/defaults.ts';
import { OperatorError } from '../operator-error.ts';

/** A client only discovers, and may do with the token of DNS: it gets a policy, and no token. */
export const TOKENS = HOLDERS.filter((holder) => holder !== 'client');
const MANAGEMENT = 'management';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Makes each secret, by its name. */
export const make: Record<string, () => string> = {
  gossip: () => randomBytes(32).toString('base64'),
  ...Object.fromEntries(TOKENS.map((name) => [name, randomUUID])),
};

/**
 * Makes the gossip key and the tokens that are not there yet, each in a file of its own, for its owner alone. Consul does not know them yet.
 *
 * @returns what was made
 * @throws IoError when a file cannot be written
 */
export async function makeSecrets(directory: string): Promise<string[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw toIoError(error, `Cannot make ${directory}`);
  });
  const missing = Object.entries(make).filter(([name]) => !existsSync(join(directory, name)));
  for (const [name, value] of missing) await writeNewFile(join(directory, name), `${value()}\n`);
  return missing.map(([name]) => name);
}

export async function tokenIn(directory: string, name: string): Promise<string> {
  const file = join(directory, name);
  const token = String(await readSmallFile(file, 200)).trim();
  if (UUID.test(token)) return token;
  throw new IoError(
    `${file} is no token: 36 hex digits and dashes are wanted.`,
    'Delete it, and run `quorumgate consul secrets`.',
  );
}

/** Of servers that have just begun: they have no leader, or it has not made yet what a first token wants (1.8.7 and 1.14.11, 2026-11-30). */
const NOT_YET = /has no leader|system is currently in legacy|No such policy with ID/;
const TRIES = 50;

async function patiently<T>(request: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await request();
    } catch (error) {
      if (tries === TRIES || !NOT_YET.test(String(error))) throw error;
      await sleep(200);
    }
  }
}

/** An agent that is asked with a token that may do everything: the user's, that of an earlier run, or the one that Consul gives once. */
export async function manager(
  directory: string,
  env: Environment,
  exchange: typeof ask,
): Promise<[agent: Agent, done: string[]]> {
  if (env.CONSUL_HTTP_TOKEN || env.CONSUL_HTTP_TOKEN_FILE) return [new Agent(env, exchange), []];
  const file = join(directory, MANAGEMENT);
  const by = () => new Agent({ ...env, CONSUL_HTTP_TOKEN_FILE: file }, exchange);
  const kept = existsSync(file) ? await tokenIn(directory, MANAGEMENT) : undefined;
  if (kept !== undefined && (await by().request('/v1/acl/token/self', {}, [403, 404])).status === 200)
    return [by(), []];
  // Written before it is asked for, since Consul gives it once: 1.14.11 the one that is wanted, 1.8.7 one of its own (2026-11-30). A
  // Consul that has lost all of its data is given that of before.
  const wanted = kept ?? randomUUID();
  if (kept === undefined) await writeNewFile(file, `${wanted}\n`);
  const discard = async () => {
    if (kept === undefined) await rm(file);
  };
  const body = JSON.stringify({ BootstrapSecret: wanted });
  const agent = new Agent(env, exchange);
  const reply = await patiently(() => agent.request('/v1/acl/bootstrap', { method: 'PUT', body }, [401, 403])).catch(
    async (error: unknown) => {
      // A reply that was lost may have been the token.
      if (!/does not answer|no answer of use/.test(String(error)) || /not running yet/.test(String(error)))
        await discard();
      throw error;
    },
  );
  if (reply.status !== 200) {
    await discard();
    throw reply.status === 401
      ? new OperatorError(
          'This Consul has no ACLs.',
          'Compile with `consul.tokens`, and let its servers start with that.',
        )
      : new OperatorError(
          `Consul gives no first token: ${reply.body.trim().slice(0, 200)}`,
          `If somebody has it already, put a token with the policy \`global-management\` into CONSUL_HTTP_TOKEN, or into ${file}.`,
        );
  }
  const token = checked(reply, (value) => textOf(fieldsOf(value, 'the token').SecretID, 'its SecretID', UUID));
  if (token !== wanted) await replaceFile(file, `${token}\n`, 0o600);
  return [by(), [`Consul gave its first token: ${file}. Keep it away from every host`]];
}

/**
 * Makes Consul know the tokens of a directory, each with the policy of who has it. Whatever is there already is brought up to date, so it may be run again.
 *
 * @returns what was done, a line each
 * @throws IoError, OperatorError, ConsulError
 */
export async function bootstrap(spec: Spec, directory: string, env: Environment, exchange = ask): Promise<string[]> {
  const tokens = await Promise.all(TOKENS.map(async (name) => [name, await tokenIn(directory, name)] as const));
  if (new Set(tokens.map(([, token]) => token)).size < tokens.length)
    throw new IoError(
      `Two of the tokens in ${directory} are the same.`,
      'Each holder has rights of its own: make one for each.',
    );
  const [agent, done] = await manager(directory, env, exchange);
  const rules = policies(spec);
  for (const holder of HOLDERS) done.push(await putPolicy(agent, policyName(spec, holder), rules[holder]));
  for (const [holder, token] of tokens) {
    const own = new Agent({ ...env, CONSUL_HTTP_TOKEN: token, CONSUL_HTTP_TOKEN_FILE: undefined }, exchange);
    done.push(await putToken(agent, own, policyName(spec, holder), token, join(directory, holder)));
  }
  return done;
}

export const idIn = (value: unknown, key: 'ID' | 'AccessorID') =>
  textOf(fieldsOf(value, 'it')[key], `its ${key}`, UUID);

async function putPolicy(agent: Agent, name: string, rules: string): Promise<string> {
  const found = await agent.request('/v1/acl/policies', { most: 2 ** 22 });
  const id = checked(found, (value) =>
    listOf(value, 'the list of policies', 10_000)
      .map((one) => fieldsOf(one, 'a policy'))
      .find(({ Name }) => Name === name),
  );
  const body = JSON.stringify({ Name: name, Rules: rules, Description: 'made by quorumgate consul bootstrap' });
  const path = id === undefined ? '/v1/acl/policy' : `/v1/acl/policy/${idIn(id, 'ID')}`;
  await agent.request(path, { method: 'PUT', body });
  return `policy ${name}`;
}

async function putToken(agent: Agent, own: Agent, name: string, token: string, file: string): Promise<string> {
  const known = await own.request('/v1/acl/token/self', {}, [403, 404]);
  const found = known.status === 200 ? checked(known, (value) => fieldsOf(value, 'the token')) : undefined;
  // Its rights would be replaced.
  if (found !== undefined && found.Description !== name) {
    throw new OperatorError(
      `The token in ${file} is one that Consul knows already, for something else.`,
      'Delete the file: `quorumgate consul secrets` makes another, for the hosts too.',
    );
  }
  const id = found === undefined ? { SecretID: token } : { AccessorID: idIn(found, 'AccessorID') };
  const body = JSON.stringify({ ...id, Description: name, Policies: [{ Name: name }] });
  const path = found === undefined ? '/v1/acl/token' : `/v1/acl/token/${idIn(found, 'AccessorID')}`;
  await agent.request(path, { method: 'PUT', body });
  return `token with policy ${name}`;
}

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IoError } from '../../io/io-error.ts';
import { replaceFile } from '../../io/replace-file.ts';
import { readSmallFile, writeNewFile } from '../../io/small-file.ts';
import { policyName } from '../../plan/policies.ts';
import { Agent, checked, type Environment } from '../../sidekick/host/agent.ts';
import { ask } from '../../sidekick/host/http.ts';
import { fieldsOf, listOf } from '../../sidekick/host/json.ts';
import { visible } from '../../sidekick/host/text.ts';
import type { Spec } from '../../spec/defaults.ts';
import { OperatorError } from '../operator-error.ts';
import { bootstrap, idIn, make, manager, TOKENS, tokenIn } from './bootstrap.ts';

/** Lines of what was done, and what comes next. */
export interface Outcome {
  done: string[];
  next: string;
}

/** The step of the user: a host that still has the former would be alone after the second. */
const bring = (files: string): string =>
  `Bring ${files} to all hosts, and to where new hosts get theirs (quorumgate rollout). Only then run this again with --finish.`;

/** A second step that was asked for while the first was not done. */
const tooEarly = (what: string) =>
  new OperatorError(`there is no ${what} to finish; nothing was changed`, 'Run it without --finish: that begins one.');

async function keyIn(directory: string, name: string): Promise<string> {
  const file = join(directory, name);
  const key = String(await readSmallFile(file, 200)).trim();
  if ([16, 24, 32].includes(Buffer.from(key, 'base64').length) && /^[A-Za-z0-9+/]+=*$/.test(key)) return key;
  throw new IoError(`${file} is no gossip key: 16, 24 or 32 bytes in base64 are wanted.`, 'Put the right one there.');
}

interface Ring {
  /** How the agents are called together: `LAN`, or `WAN` of one datacenter's servers. */
  name: string;
  nodes: number;
  /** Agents that have each key. */
  keys: Map<string, number>;
  /** Agents whose messages are written with each key; undefined where the version does not say (before 1.9). */
  primary: Map<string, number> | undefined;
}

const countsOf = (value: unknown) =>
  new Map(Object.entries(fieldsOf(value, 'its keys')).map(([key, count]) => [key, Number(count)]));

/** Keys that the agents have, by their own answers. A bare error of Consul's may quote a key, so none of it is shown. */
async function rings(agent: Agent): Promise<Ring[]> {
  const reply = await agent.request('/v1/operator/keyring', { most: 2 ** 20 }, [500]);
  if (reply.status !== 200) {
    throw new OperatorError(
      'not every agent tells its gossip keys',
      'See `consul keyring -list`: who does not answer is to be started, or taken out (`consul force-leave`).',
    );
  }
  return checked(reply, (value) =>
    listOf(value, 'the list of key rings', 1000)
      .map((one) => fieldsOf(one, 'a key ring'))
      .map(({ WAN, Datacenter, NumNodes, Keys, PrimaryKeys }) => ({
        name: `${WAN === true ? 'WAN' : 'LAN'} of ${visible(String(Datacenter), 64)}`,
        nodes: Number(NumNodes),
        keys: countsOf(Keys ?? {}),
        primary: PrimaryKeys === undefined ? undefined : countsOf(PrimaryKeys),
      })),
  );
}

/** An agent that is off keeps the keys that it has, and would not be heard with them afterwards. */
async function assertAllThere(agent: Agent): Promise<void> {
  const reply = await agent.request('/v1/agent/members', { most: 16 * 2 ** 20 });
  const failed = checked(reply, (value) =>
    listOf(value, 'the list of machines', 50_000)
      .map((one) => fieldsOf(one, 'a machine'))
      // 3 has left, and forgets nothing that it needs: it is given the key when it comes again.
      .filter(({ Status }) => Status !== 1 && Status !== 3)
      .map(({ Name }) => visible(String(Name), 128)),
  );
  if (failed.length === 0) return;
  throw new OperatorError(
    `agents of Consul do not run: ${failed.join(', ')}; nothing was changed`,
    'Start them, or take out those that do not come back (`consul force-leave NAME`), then run the command again.',
  );
}

/** Node gives a DELETE with a body no length, and Consul then reads none. */
const withLength =
  (exchange: typeof ask): typeof ask =>
  (url, options) => {
    const { method, body } = options;
    if (method !== 'DELETE' || body === undefined) return exchange(url, options);
    return exchange(url, {
      ...options,
      headers: { ...options.headers, 'Content-Length': String(Buffer.byteLength(body)) },
    });
  };

async function change(agent: Agent, method: 'POST' | 'PUT' | 'DELETE', key: string, what: string): Promise<void> {
  const reply = await agent.request('/v1/operator/keyring', { method, body: JSON.stringify({ Key: key }) }, [500]);
  if (reply.status === 200) return;
  throw new OperatorError(
    `not every agent could ${what}`,
    'See `consul keyring -list` and the journals of the agents, then run the command again: it goes on from there.',
  );
}

/** @throws OperatorError while some agent has, or has not, a key */
async function assertKey(agent: Agent, key: string, isThere: boolean): Promise<void> {
  for (const { name, nodes, keys } of await rings(agent)) {
    const count = keys.get(key) ?? 0;
    if (count === (isThere ? nodes : 0)) continue;
    throw new OperatorError(
      `${count} of ${nodes} agents (${name}) have the ${isThere ? 'new' : 'former'} gossip key`,
      'See `consul keyring -list` and the journals of the agents, then run the command again: it goes on from there.',
    );
  }
}

/** A line about keys that agents take, and that are not of this directory. */
async function strangers(agent: Agent, own: readonly string[]): Promise<string[]> {
  const keys = new Set((await rings(agent)).flatMap((ring) => [...ring.keys.keys()]));
  const others = [...keys].filter((key) => !own.includes(key)).length;
  return others === 0 ? [] : [`agents take ${others} more of another's making: consul keyring -list`];
}

/**
 * The next of two steps from one gossip key to another: all agents learn the new one and write with it; the former is forgotten. Between
 * them the user brings the new one to where hosts read it, for a host with an empty disk begins with what is there.
 */
async function rotateGossip(
  spec: Spec,
  directory: string,
  finish: boolean,
  env: Environment,
  exchange: typeof ask,
): Promise<Outcome> {
  if (spec.consul.encrypt === undefined) {
    throw new OperatorError('The spec has no gossip key (`consul.encrypt`, or `secrets`).', 'There is none to change.');
  }
  const [agent, done] = await manager(directory, env, withLength(exchange));
  const file = (name: string) => join(directory, name);
  const isUnfinished = existsSync(file('gossip.next'));
  if (existsSync(file('gossip.former')) && !isUnfinished) {
    const [former, current] = [await keyIn(directory, 'gossip.former'), await keyIn(directory, 'gossip')];
    if (former !== current && !finish) {
      done.push('1 of 2 is done: agents write with the new gossip key, and still take the former');
      return { done: [...done, ...(await strangers(agent, [former, current]))], next: bring(file('gossip')) };
    }
    if (former !== current) {
      await assertKey(agent, current, true);
      await change(agent, 'PUT', current, 'write with the new key');
      await change(agent, 'DELETE', former, 'forget the former key');
      await assertKey(agent, former, false);
      done.push('2 of 2: no agent that runs takes the former gossip key any more');
      done.push(...(await strangers(agent, [current])));
      await rm(file('gossip.former'));
      return { done, next: 'Nothing is left to do.' };
    }
  }
  if (finish) throw tooEarly('change of the gossip key');
  const former = await keyIn(directory, 'gossip');
  await assertAllThere(agent);
  const known = (await rings(agent)).some(({ keys }) => keys.has(former));
  if (!known) {
    throw new OperatorError(
      `no agent has the key in ${file('gossip')}; nothing was changed`,
      'See whether it is that of this Consul.',
    );
  }
  if (!isUnfinished) await writeNewFile(file('gossip.next'), `${make['gossip']?.()}\n`);
  const next = await keyIn(directory, 'gossip.next');
  await change(agent, 'POST', next, 'take the new key');
  await assertKey(agent, next, true);
  await change(agent, 'PUT', next, 'write with the new key');
  await replaceFile(file('gossip.former'), `${former}\n`, 0o600);
  await rename(file('gossip.next'), file('gossip'));
  done.push('1 of 2: all agents have the new gossip key, and write with it; they still take the former');
  return { done: [...done, ...(await strangers(agent, [former, next]))], next: bring(file('gossip')) };
}

/** The ID of a token that is shown to Consul; undefined where it knows none. */
async function accessorOf(env: Environment, token: string, name: string, exchange: typeof ask) {
  const own = new Agent({ ...env, CONSUL_HTTP_TOKEN: token, CONSUL_HTTP_TOKEN_FILE: undefined }, exchange);
  const reply = await own.request('/v1/acl/token/self', {}, [403, 404]);
  if (reply.status !== 200) return undefined;
  return checked(reply, (value) => {
    const found = fieldsOf(value, 'the token');
    if (found.Description !== name) throw new Error(`the token is not one for ${name}`);
    return idIn(found, 'AccessorID');
  });
}

/**
 * The next of two steps from one set of tokens to another: Consul knows both; it forgets the former. Between them the user brings the new
 * ones to hosts.
 */
async function rotateTokens(
  spec: Spec,
  directory: string,
  finish: boolean,
  env: Environment,
  exchange: typeof ask,
): Promise<Outcome> {
  if (spec.consul.tokens === undefined) {
    throw new OperatorError('The spec has no tokens (`consul.tokens`, or `secrets`).', 'There are none to change.');
  }
  const [agent, done] = await manager(directory, env, exchange);
  const former = join(directory, 'former');
  const files = TOKENS.filter((name) => name !== 'operator').join(', ');
  const accessor = async (name: (typeof TOKENS)[number], folder: string) =>
    accessorOf(env, await tokenIn(folder, name), policyName(spec, name), exchange);
  // Hosts can have by now those that Consul knew before this command.
  if (existsSync(former) && (await areNew(directory, former))) {
    const known = await Promise.all(TOKENS.map((name) => accessor(name, directory)));
    if (!known.includes(undefined) && !finish) {
      done.push('1 of 2 is done: Consul knows the new tokens, and the former');
      return { done, next: bring(`${files} of ${directory}`) };
    }
    if (!known.includes(undefined)) {
      for (const name of TOKENS) {
        const id = await accessor(name, former);
        if (id !== undefined) await agent.request(`/v1/acl/token/${id}`, { method: 'DELETE' });
        done.push(`2 of 2: Consul knows the former token of ${name} no more`);
      }
      await rename(former, `${former}.gone`);
      await rm(`${former}.gone`, { recursive: true });
      return { done, next: 'Nothing is left to do.' };
    }
  }
  if (finish) throw tooEarly('change of the tokens');
  if (!existsSync(former)) await keep(directory, former);
  for (const name of TOKENS) {
    if ((await tokenIn(directory, name)) !== (await tokenIn(former, name))) continue;
    await replaceFile(join(directory, name), `${make[name]?.()}\n`, 0o600);
  }
  done.push(...(await bootstrap(spec, directory, env, exchange)));
  done.push('1 of 2: Consul knows the new tokens, and the former');
  return { done, next: bring(`${files} of ${directory}`) };
}

/** Keeps the tokens in a folder that is there with all of them, or not at all. */
async function keep(directory: string, former: string): Promise<void> {
  const unfinished = `${former}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  for (const name of TOKENS) await writeNewFile(join(unfinished, name), `${await tokenIn(directory, name)}\n`);
  await rename(unfinished, former);
}

async function areNew(directory: string, former: string): Promise<boolean> {
  const isNew = async (name: string) => (await tokenIn(directory, name)) !== (await tokenIn(former, name));
  return !(await Promise.all(TOKENS.map(isNew))).includes(false);
}

/** The steps of `consul rotate`, by their argument. */
export const ROTATED = { gossip: rotateGossip, tokens: rotateTokens } as const;

/**
 * Takes the first step from one gossip key, or one set of tokens, to another; run again it goes on where it was killed, and never takes the
 * second by itself: nobody but the user knows whether hosts have the new ones.
 *
 * @param directory what `quorumgate consul secrets` has made
 * @param finish the second step
 * @throws IoError, OperatorError, ConsulError
 */
export function rotate(
  what: keyof typeof ROTATED,
  spec: Spec,
  directory: string,
  finish: boolean,
  env: Environment,
  exchange = ask,
): Promise<Outcome> {
  return ROTATED[what](spec, directory, finish, env, exchange);
}

import { keyPrefix, recordKey } from '../shared/keys.ts';
import { ConsulError, type ConsulPort, type LocalService, type Read } from '../shared/ports.ts';
import { type Settings, tagOf } from '../shared/settings.ts';
import { Agent, assertWhole, checked, type Environment, PATIENCE } from './agent.ts';
import { aliveIn, entriesOf, instancesOf } from './catalog.ts';
import { ask, countdown, type Reply } from './http.ts';
import { fieldsOf, listOf, textOf } from './json.ts';
import { Lock } from './lock.ts';
import { hostRights, Rights } from './rights.ts';

/** Of Consul's, where one is needed to wait for the next change; 0: that cannot be waited for. */
function indexOf({ headers }: Reply): string {
  const index = String(headers['x-consul-index']);
  return /^\d{1,19}$/.test(index) ? index : '0';
}

const pathOf = (key: string) => `/v1/kv/${key.split('/').map(encodeURIComponent).join('/')}`;

/** Bytes of a list that others may make longer. Two at a time, in the smallest pieces, stay within what a sidekick may take. */
const LIST = { most: 2 ** 20 };

/** Bytes: no record has a tenth. */
const RECORD = 2 ** 16;

const isTooLong = ({ message }: Error) => /has more than/.test(message);

/** A key that somebody has made too long hides no other. */
function notTooLong(error: Error): undefined {
  if (!isTooLong(error)) throw error;
}

/** Bytes: a datacenter of some thousands. Asked for alone, and seldom. */
const MACHINES = { most: 4 * 2 ** 20 };

/** Milliseconds that an agent's version is not asked for again: it may be replaced while a gate waits. */
const VERSION = 60_000;

/** The local agent. @param now milliseconds that only grow */
export function consulPort(
  settings: Settings,
  env: Environment = process.env,
  now: () => number = () => performance.now(),
  exchange = ask,
): ConsulPort {
  const { cluster, name, address } = settings;
  const agent = new Agent(env, exchange);
  const rights = new Rights(agent, hostRights(cluster, name));
  const lock = new Lock(agent, cluster, now);
  const keysPath = `${pathOf(keyPrefix(cluster))}?consistent&recurse`;
  const tag = tagOf(settings, 'server');
  const candidatesPath = `/v1/health/service/etcd3?consistent&passing&tag=${encodeURIComponent(tag)}`;
  const request: Agent['request'] = (path, options, others) =>
    rights.named(agent.request(path, options, others), options?.timeout ?? PATIENCE);
  const send = async (path: string, body?: object) => {
    await request(path, { method: 'PUT', ...(body && { body: JSON.stringify(body) }) });
  };
  /** Without a right to it, 404 is said of all keys together, and 403 of a single one. */
  let mayBeEmpty = false;
  let known = { version: '', until: Number.NEGATIVE_INFINITY };
  /** How often in a row a wait ended at once. */
  let hasty = 0;

  const read = async <T>(path: string, timeout: number, shape: (reply: Reply) => T): Promise<Read<T>> => {
    const options = { timeout, ...LIST };
    const [reply] = await Promise.all([
      rights.named(agent.request(path, options, [404]).then(assertWhole), timeout),
      rights.assertReading(timeout),
    ]);
    return { value: shape(reply), index: indexOf(reply) };
  };
  const self = async () =>
    checked(await request('/v1/agent/self'), (value) => fieldsOf(fieldsOf(value, 'it').Config, 'it'));

  return {
    async keys(timeout = PATIENCE) {
      const left = countdown(timeout);
      const found = await read(keysPath, timeout, (reply) =>
        reply.status === 404 ? [] : checked(reply, entriesOf),
      ).catch((error: Error) => {
        if (!isTooLong(error)) throw error;
        const prefix = keyPrefix(cluster);
        throw new ConsulError(
          `Consul has more below ${prefix} than a cluster has: delete what is not of it (consul kv get -keys ${prefix})`,
        );
      });
      if (found.value.length === 0 && !mayBeEmpty) {
        await request(`${pathOf(recordKey(cluster))}?consistent`, { timeout: left() }, [404]);
        mayBeEmpty = true;
      }
      return found;
    },

    async entries(keys, timeout = PATIENCE) {
      const found = keys.map(async (key) => {
        const reply = await request(`${pathOf(key)}?consistent`, { timeout, most: RECORD }, [404]).catch(notTooLong);
        return reply === undefined || reply.status === 404 ? [] : checked(reply, entriesOf);
      });
      return (await Promise.all(found)).flat();
    },

    async candidates(timeout = PATIENCE) {
      const { value, index } = await read(candidatesPath, timeout, (reply) =>
        checked(reply, (all) => instancesOf(all, tag, true)),
      );
      return {
        value: value.instances,
        index,
        ...(value.unfit.length > 0 && { unfit: value.unfit.slice(0, 3).join('; ') }),
      };
    },

    async machines(timeout = PATIENCE) {
      await rights.assertReading(timeout);
      const reply = await request('/v1/agent/members', { timeout, ...MACHINES });
      return new Set(checked(reply, aliveIn));
    },

    async change({ keys, candidates }) {
      const stop = new AbortController();
      const began = now();
      const wait = (path: string, index: string) =>
        request(`${path}&index=${index}&wait=10s`, { timeout: 30_000, signal: stop.signal, ...LIST }, [404]);
      try {
        await Promise.race([wait(keysPath, keys), wait(candidatesPath, candidates)]);
      } finally {
        // Not before what comes next has been asked for.
        setImmediate(() => stop.abort());
      }
      hasty = now() - began < 200 ? hasty + 1 : 0;
      if (hasty > 20) await new Promise((resolve) => setTimeout(resolve, 1000));
    },

    async put(key, value, modified) {
      await request(`${pathOf(key)}?cas=${modified}`, { method: 'PUT', body: value });
    },

    acquire: (owner, session) => rights.named(lock.acquire(owner, session), PATIENCE),
    release: (session) => rights.named(lock.release(session), PATIENCE),

    register: (registration) => send('/v1/agent/service/register?replace-existing-checks=true', registration),
    async deregister(id) {
      const path = `/v1/agent/service/deregister/${encodeURIComponent(id)}`;
      await request(path, { method: 'PUT' }, [404]).catch((error: Error) => {
        // With ACLs, Consul minds that there is none.
        if (!/unknown service/i.test(error.message)) throw error;
      });
    },

    async services() {
      await rights.assertReading(PATIENCE);
      return checked(await request('/v1/agent/services', LIST), (value) => {
        return Object.values(fieldsOf(value, 'the list of services')).map((one): LocalService => {
          const { ID, Service, Tags } = fieldsOf(one, 'a service');
          const text = (of: unknown) => textOf(of, 'what a service says', /^.{0,1024}$/s);
          return { ID: text(ID), Service: text(Service), Tags: listOf(Tags, 'its tags', 1000).map(text) };
        });
      });
    },

    async removeFormerNode() {
      await rights.assertReading(PATIENCE);
      const reply = await request(`/v1/catalog/node/${encodeURIComponent(name)}?consistent`, LIST, [404]);
      if (reply.status === 404) return false;
      const found = checked(reply, (value) =>
        value === null ? undefined : fieldsOf(fieldsOf(value, 'it').Node, 'it'),
      );
      if (found === undefined || found.ID === (await self()).NodeID) return false;
      // Consul keeps a name reserved as long as some host of it is alive: this one, by gossip, which knows no name twice.
      if (found.Address !== address && !(await this.machines()).has(`${name} ${address}`)) return false;
      await send('/v1/catalog/deregister', { Node: name });
      // Any registration makes an agent tell the catalog what it could not; one like the former's it answers with a panic till then (1.14.11).
      await send('/v1/agent/service/register', { ID: `${name}-former`, Name: 'etcd3' });
      await this.deregister(`${name}-former`);
      return true;
    },

    async version() {
      if (now() < known.until) return known.version;
      const { Version } = await self();
      if (typeof Version === 'string' && /^[\w.+-]{1,64}$/.test(Version)) {
        known = { version: Version, until: now() + VERSION };
        return Version;
      }
      throw new ConsulError("Consul's agent does not say its version");
    },
  };
}

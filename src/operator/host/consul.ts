import { Agent, assertWhole, checked, type Environment, PATIENCE } from '../../sidekick/host/agent.ts';
import { entriesOf, instancesOf, isAddress } from '../../sidekick/host/catalog.ts';
import { type Ask, ask as exchangeByHttp, type Reply } from '../../sidekick/host/http.ts';
import { fieldsOf, listOf } from '../../sidekick/host/json.ts';
import { Lock } from '../../sidekick/host/lock.ts';
import { operatorRights, Rights } from '../../sidekick/host/rights.ts';
import { visible } from '../../sidekick/host/text.ts';
import { keyPrefix, recordKey } from '../../sidekick/shared/keys.ts';
import { type Settings, tagOf } from '../../sidekick/shared/settings.ts';
import type { Machine, OperatorConsul, Registrations } from './ports.ts';

/** Bytes: a Consul has more than this cluster in it. */
const LIST = { most: 16 * 2 ** 20 };

const pathOf = (key: string) => `/v1/kv/${key.split('/').map(encodeURIComponent).join('/')}`;

/** A list that is one: null is no empty list here. */
function strictly<T>(shape: (value: unknown) => T): (value: unknown) => T {
  return (value) => {
    if (!Array.isArray(value)) throw new Error('it is no list');
    return shape(value);
  };
}

/** 1 is alive; leaving, left and failed are above it. */
function machinesOf(value: unknown): Machine[] {
  const machines = listOf(value, 'the list of machines', 50_000).map((one): Machine => {
    const { Name, Addr, Status } = fieldsOf(one, 'a machine');
    return { node: visible(String(Name), 128), address: visible(String(Addr), 45), alive: Status === 1 };
  });
  return machines.sort((a, b) => (a.node < b.node ? -1 : 1));
}

/** The agent that the environment names, with the rights of its token. */
export function operatorConsul(
  settings: Settings,
  env: Environment = process.env,
  exchange = exchangeByHttp,
): OperatorConsul {
  const { cluster } = settings;
  const agent = new Agent(env, exchange);
  const rights = new Rights(agent, operatorRights(cluster));
  const lock = new Lock(agent, cluster, () => performance.now());
  const ask = (path: string, options?: Partial<Ask>): Promise<Reply> =>
    rights.named(agent.request(path, options, [404]).then(assertWhole), PATIENCE);
  // An answer that is empty for want of a right is told from one that is empty.
  const read = async <T>(path: string, shape: (value: unknown) => T): Promise<T> => {
    const [reply] = await Promise.all([ask(path, LIST), rights.assertReading(PATIENCE)]);
    return checked(reply, strictly(shape));
  };
  const instances = (type: 'server' | 'client', scheme: Settings['scheme'], passing = false) => {
    const tag = tagOf({ ...settings, scheme }, type);
    const path = `/v1/health/service/etcd3?consistent&tag=${encodeURIComponent(tag)}${passing ? '&passing' : ''}`;
    return read(path, (all) => instancesOf(all, tag, passing));
  };

  return {
    async keys() {
      const [reply] = await Promise.all([
        ask(`${pathOf(keyPrefix(cluster))}?consistent&recurse`, LIST),
        rights.assertReading(PATIENCE),
      ]);
      const index = String(reply.headers['x-consul-index']);
      if (reply.status === 200) return { value: checked(reply, strictly(entriesOf)), index };
      // Without a right to them 404 is said of all keys together, and 403 of a single one.
      await ask(`${pathOf(recordKey(cluster))}?consistent`);
      return { value: [], index };
    },

    async registrations(): Promise<Registrations> {
      // A host that is registered under the other scheme may hold data just as well.
      const found = await Promise.all([instances('server', 'http'), instances('server', 'https')]);
      return { hosts: found.flatMap((one) => one.instances), unfit: found.flatMap(({ unfit }) => unfit) };
    },

    machines: () => read('/v1/agent/members', machinesOf),

    async clients(): Promise<Registrations> {
      const { instances: hosts, unfit } = await instances('client', settings.scheme, true);
      return { hosts, unfit };
    },

    async put(key, value, modified) {
      await ask(`${pathOf(key)}?cas=${modified}`, { method: 'PUT', body: value });
    },
    async remove(key, modified) {
      await ask(`${pathOf(key)}?cas=${modified}`, { method: 'DELETE' });
    },
    acquire: (owner, session) => rights.named(lock.acquire(owner, session), PATIENCE),
    release: (session) => rights.named(lock.release(session), PATIENCE),
  };
}

/** Whether clients can reach an address: what is written into other systems' configuration. */
export const isReachable = (address: string): boolean => isAddress(address) && !/^(127|169\.254)\./.test(address);

import type { Answer } from '../sidekick/fuzz/answers.ts';
import type { Ask, Reply } from '../sidekick/host/http.ts';
import { decimal } from '../sidekick/host/members.ts';
import { visible } from '../sidekick/host/text.ts';
import { parseRecord } from '../sidekick/shared/record.ts';
import { readClients } from './clients.ts';
import { operatorConsul } from './host/consul.ts';
import { operatorEtcd } from './host/etcd.ts';
import type { OperatorPorts } from './host/ports.ts';
import { list } from './list.ts';
import { OperatorError } from './operator-error.ts';
import { FakeConsul, host, key, LOST, listOf, livedKeys, NOW, recordOf, settings, wiped } from './operator-testing.ts';
import { type Plan, replace, signed } from './replace.ts';
import { planReset } from './reset.ts';
import { planRestore } from './restore.ts';
import { retire } from './retire-run.ts';

const born = recordOf(1, 2, 3);
const ids = listOf(born).members.map(({ id }) => id);
const snapshot = { file: 'snap.db', bytes: 1056, sha256: 'ab'.repeat(32) };

/** A request, as `METHOD /path`, to Consul or to etcd. */
export type Asking = { asks: RegExp; truth: unknown };

/** A cluster of three that lives, or one whose disks were all wiped; with etcd's answers to go with it. */
class World {
  readonly consul = new FakeConsul();
  readonly #members = new Set(ids);
  #leader = ids[0] ?? '';

  constructor(isAlive: boolean) {
    for (const [name, value] of Object.entries(livedKeys(born))) this.consul.put(name, value);
    this.consul.put('etcd3/mycluster/retired/disk-9', JSON.stringify({ name: 'etcd-9', member: 'f'.repeat(16) }));
    this.consul.put('etcd3/mycluster/lock', 'someone');
    this.consul.hosts = [1, 2, 3].map((n) =>
      isAlive ? host(n, { meta: { state: 'member', member: ids[n - 1] ?? '' } }) : wiped(n),
    );
  }

  answer(method: string, url: URL, body: string): unknown {
    if (url.port === '8500') return this.#consul(method, url, body);
    const self = ids[Number(url.hostname.split('.').at(-1)) - 1] ?? '';
    const header = { cluster_id: decimal(born.cluster_id), member_id: decimal(self) };
    const said = JSON.parse(body) as { ID?: string; targetID?: string };
    const path = url.pathname.replace('/v3/', '');
    if (path === 'maintenance/transfer-leadership')
      this.#leader = BigInt(said.targetID ?? 0)
        .toString(16)
        .padStart(16, '0');
    if (path === 'cluster/member/remove') for (const id of ids) if (decimal(id) === said.ID) this.#members.delete(id);
    if (path === 'maintenance/status') return { header, leader: decimal(this.#leader), raftIndex: '9', errors: [] };
    const members = [...this.#members].map((id) => {
      const n = ids.indexOf(id) + 1;
      return { ID: decimal(id), name: `etcd-${n}`, peerURLs: [`http://10.0.0.${n}:2380`], clientURLs: [] };
    });
    return path === 'cluster/member/list' ? { header, members } : { header };
  }

  #consul(method: string, url: URL, body: string): unknown {
    if (url.pathname === '/v1/internal/acl/authorize') {
      return (JSON.parse(body) as object[]).map((right) => ({ ...right, Allow: true }));
    }
    if (url.pathname === '/v1/agent/members') {
      const alive = [1, 2, 3].map((n) => ({ Name: `etcd-${n}`, Addr: `10.0.0.${n}`, Status: 1 }));
      return [...alive, { Name: 'other', Addr: '10.0.0.99', Status: 3 }];
    }
    if (url.search.includes('_etcd-client')) {
      const client = {
        ID: 'c',
        Address: '',
        Port: 2379,
        Tags: [url.searchParams.get('tag')],
        Meta: { cid: born.cluster_id },
      };
      return [1, 2, 3].map((n) => ({
        Node: { Node: `etcd-${n}`, Address: `10.0.0.${n}` },
        Service: client,
        Checks: [],
      }));
    }
    return this.consul.answer(`${url.pathname}${url.search}`, body, method, {});
  }
}

/** The ports of a world in which one request gets this answer, each time, and all others are told the truth. */
function portsIn(world: World, asks: RegExp, { status, headers, body }: Answer): OperatorPorts {
  const reply = (text: string, { method = 'GET', body: sent = '' }: Ask): Reply => {
    const url = new URL(text);
    const value = world.answer(method, url, sent);
    if (asks.test(`${method} ${url.pathname}${url.search}`)) {
      return { status, headers, body: new TextDecoder('utf-8', { fatal: true }).decode(body) };
    }
    const told = typeof value === 'string' ? value : JSON.stringify(value);
    return { status: value === undefined ? 404 : 200, headers: { 'x-consul-index': '7' }, body: told ?? '' };
  };
  const exchange = (text: string, options: Ask) => Promise.resolve().then(() => reply(text, options));
  let now = 0;
  const sleep = (ms: number) => {
    now += ms;
    return Promise.resolve();
  };
  return {
    consul: operatorConsul(settings, {}, exchange),
    etcd: { ...operatorEtcd(settings, exchange), probe: () => Promise.resolve('closed') },
    clock: { now: () => now, date: () => NOW, sleep },
    random: () => 'token',
  };
}

type Run = (ports: OperatorPorts, say: (line: string) => void) => Promise<unknown>;
const choice = { lost: LOST, lineage: undefined, token: 'token', now: NOW };

const replacing =
  (planFor: Plan): Run =>
  (ports, say) =>
    replace('it', settings, ports, planFor, (record) => signed(settings, record, key), {
      say,
      confirm: () => Promise.resolve(),
    });

export const COMMANDS: Record<string, { isAlive: boolean; run: Run }> = {
  'member list': { isAlive: true, run: (ports, say) => list(settings, ports, undefined, say) },
  'member retire': {
    isAlive: true,
    run: (ports, say) => retire(settings, ports, { name: 'etcd-1' }, { say, confirm: () => Promise.resolve() }),
  },
  'kubernetes --from-consul': {
    isAlive: true,
    run: async ({ consul }, say) => {
      for (const address of await readClients(settings, consul)) say(address);
    },
  },
  reset: { isAlive: false, run: replacing((seen) => planReset(seen, settings, choice)) },
  restore: {
    isAlive: false,
    run: replacing((seen) => planRestore(seen, settings, { ...choice, snapshot, seed: undefined })),
  },
};

/** Requests of the commands, with what is right. */
export function askings(isAlive: boolean): Asking[] {
  const world = new World(isAlive);
  const consul = (path: string) => world.answer('GET', new URL(`http://127.0.0.1:8500${path}`), '');
  const etcd = (path: string) => world.answer('POST', new URL(`http://10.0.0.1:2379/v3/${path}`), '{}');
  const health = '/v1/health/service/etcd3?consistent&tag=_etcd-';
  return [
    { asks: /^GET .*recurse/, truth: consul('/v1/kv/etcd3/mycluster/?consistent&recurse') },
    { asks: /^GET .*_etcd-server\._tcp/, truth: consul(`${health}server._tcp.mycluster`) },
    { asks: /^GET .*_etcd-client/, truth: consul(`${health}client._tcp.mycluster`) },
    { asks: /^GET .*agent\/members/, truth: consul('/v1/agent/members') },
    { asks: /^POST .*authorize/, truth: Array.from({ length: 5 }, () => ({ Resource: 'key', Allow: true })) },
    { asks: /^PUT .*cas=/, truth: 'true' },
    { asks: /^PUT .*session\/create/, truth: { ID: 'session' } },
    { asks: /^PUT .*acquire=/, truth: 'true' },
    { asks: /^GET .*\/lock/, truth: consul('/v1/kv/etcd3/mycluster/lock') },
    ...[
      'maintenance/status',
      'cluster/member/list',
      'kv/range',
      'cluster/member/remove',
      'maintenance/transfer-leadership',
    ].map((path) => ({ asks: new RegExp(`^POST /v3/${path}`), truth: etcd(path) })),
  ];
}

const isText = (text: string) => text.split('\n').every((line) => line === visible(line, 1e9));

export interface Outcome {
  /** A thing it does that it must not, if there is one. */
  flaw?: string;
  /** Why it was not done, if so. */
  why?: string;
}

/** A command's outcome when one of its requests gets this answer. */
export async function outcomeOf(name: string, { asks }: Asking, answer: Answer): Promise<Outcome> {
  const { isAlive, run } = COMMANDS[name] ?? {};
  const world = new World(isAlive === true);
  const before = new Map([...world.consul.keys].map(([one, { value }]) => [one, value]));
  const said: string[] = [];
  const outcome: Outcome = {};
  try {
    await run?.(portsIn(world, asks, answer), (line) => said.push(line));
  } catch (error) {
    if (!(error instanceof OperatorError)) return { flaw: `${name} threw ${(error as Error).stack}` };
    outcome.why = `${error.message}\n${error.remedy}`;
    if (!isText(outcome.why)) return { flaw: `${name} would print ${JSON.stringify(error.message)}` };
  }
  const odd = said.find((line) => line.includes('\n') || !isText(line));
  if (odd !== undefined) return { flaw: `${name} would print ${JSON.stringify(odd)}` };
  for (const [at, { value }] of world.consul.keys) {
    if (before.get(at) === value || !/bootstrap|record$/.test(at)) continue;
    try {
      parseRecord(value);
    } catch (error) {
      return { flaw: `${name} has written what nobody can read to ${at}: ${(error as Error).message}` };
    }
  }
  return outcome;
}

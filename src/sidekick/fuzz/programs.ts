import fc from 'fast-check';
import { instance, node, services, session } from '../host/answers-testing.ts';
import { consulPort } from '../host/consul.ts';
import { etcdPort } from '../host/etcd.ts';
import type { Ask, Reply } from '../host/http.ts';
import { decimal } from '../host/members.ts';
import { settings } from '../host/server-testing.ts';
import { visible } from '../host/text.ts';
import { Again, gate } from '../ready/gate.ts';
import { registerClient } from '../register/client.ts';
import { registerServer } from '../register/server.ts';
import { memberId } from '../shared/cluster-id.ts';
import type { Identity } from '../shared/identity.ts';
import { launchKey, lineageKey, listKey, recordKey } from '../shared/keys.ts';
import type { Data, DiskPort, Ports } from '../shared/ports.ts';
import { makeRecord } from '../shared/record.ts';
import { answerBy, type Recipe, recipes } from './answers.ts';
import { replyOf } from './mass.ts';
import { trueAnswer } from './requests.ts';

// A cluster of three that lives; this host is the first of it.
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const url = (address: string) => `http://${address}:2380`;
const record = makeRecord(
  ADDRESSES.map((address, at) => ({ name: `etcd-${at + 1}`, incarnation: `disk-${at + 1}`, peer_url: url(address) })),
  'token',
  1,
);
const ids = ADDRESSES.map((address) => memberId(url(address), record.token));
const mine = ids[0] as string;
const lineage = record.cluster_id;
const list = {
  cluster_id: lineage,
  members: ids.map((id, at) => ({
    id,
    name: `etcd-${at + 1}`,
    peer_urls: [url(ADDRESSES[at] as string)],
    learner: false,
  })),
  size: 3,
};

const entry = (Key: string, value: unknown) => {
  return {
    LockIndex: 0,
    Key,
    Flags: 0,
    Value: Buffer.from(JSON.stringify(value)).toString('base64'),
    CreateIndex: 5,
    ModifyIndex: 6,
  };
};
const allKeys = [
  entry(recordKey('mycluster'), record),
  entry(lineageKey('mycluster', lineage), record),
  entry(listKey('mycluster', lineage), list),
  ...ids.map((id) => entry(launchKey('mycluster', lineage, id), { nonce: 'n', log: true })),
];
const catalog = (own: string) =>
  ADDRESSES.map((Address, at) => ({
    Node: { ...instance.Node, Node: `etcd-${at + 1}`, Address },
    Service: {
      ...instance.Service,
      ID: `etcd-${at + 1}-server`,
      Address,
      Meta: { ...instance.Service.Meta, incarnation: at === 0 ? own : `disk-${at + 1}` },
    },
    Checks: instance.Checks,
  }));
const header = { cluster_id: decimal(lineage), member_id: decimal(mine), raft_term: '2' };
const members = list.members.map(({ id, name, peer_urls }, at) => {
  return { ID: decimal(id), name, peerURLs: peer_urls, clientURLs: [`http://${ADDRESSES[at]}:2379`] };
});
const learner = { ID: '77', name: '', peerURLs: [url('10.0.0.1')], clientURLs: [] as string[], isLearner: true };

/** Where a program finds itself: its disk, what is true in Consul, and whether etcd runs. */
export const SCENES = {
  'gate, with its log': { program: gate, data: 'log', keys: allKeys, runs: true, identity: 'launched' },
  'gate, listed and never launched': {
    program: gate,
    data: 'nothing',
    keys: allKeys.slice(0, 1),
    runs: false,
    identity: 'fresh',
  },
  'gate, before a birth': { program: gate, data: 'nothing', keys: [], runs: false, identity: 'fresh' },
  'gate, to join': { program: gate, data: 'nothing', keys: allKeys, runs: true, identity: 'other' },
  'gate, among remains': { program: gate, data: 'remains', keys: allKeys, runs: true, identity: 'launched' },
  'registration of the server': { program: registerServer, data: 'nothing', keys: [], runs: false, identity: 'fresh' },
  'registration for clients': { program: registerClient, data: 'log', keys: allKeys, runs: true, identity: 'launched' },
} as const;
export type Scene = keyof typeof SCENES;

/** Whose answers are not true. */
const SCOPES = { all: /./, Consul: /:8500/, 'one member': /10\.0\.0\.2:/, etcd: /10\.0\.0|localhost|:2381/ } as const;

class Enough extends Error {}

/** Requests in the two minutes that a program is looked at. */
const MOST = 1500;

interface Ended {
  how: 'done' | 'again' | 'enough' | 'failed';
  why: string;
  said: string[];
  /** The decision that etcd was to be started with. */
  decided: Record<string, string> | undefined;
  aside: boolean;
  /** Milliseconds of the program's clock. */
  time: number;
}

function makeDisk(scene: Scene, ended: Ended): DiskPort {
  const { data, identity: is } = SCENES[scene];
  const launched = { record, memberId: mine, peerUrl: url('10.0.0.1'), nonce: 'n', list };
  const own = { incarnation: is === 'other' ? 'disk-9' : 'disk-1', machineId: 'm' };
  let identity: Identity = is === 'launched' ? { ...own, phase: 'launched', ...launched } : { ...own, phase: 'fresh' };
  let place: ReturnType<DiskPort['place']>;
  let mark: string | undefined;
  let now: Data =
    data === 'log'
      ? { state: 'log', clusterId: lineage, memberId: mine }
      : data === 'remains'
        ? { state: data, what: 'a database' }
        : { state: data };
  return {
    data: () => now,
    loggedAt: () => undefined,
    identity: () => identity,
    saveIdentity(one) {
      identity = structuredClone(one);
    },
    machineId: () => 'm',
    here: () => ({ location: 'a:/', mounted: true }),
    place: () => place,
    savePlace(one) {
      place = one;
    },
    mark: () => mark,
    setMark(nonce) {
      mark = nonce;
    },
    setAside() {
      ended.aside = true;
      now = { state: 'nothing' };
    },
    decide(environment) {
      ended.decided = environment;
    },
    restore() {
      throw new Error('the snapshot is not there');
    },
    unfit: () => Promise.resolve(undefined),
  };
}

/** Consul's keys, and etcd's members. */
class World {
  readonly #scene: Scene;
  readonly #keys: Map<string, ReturnType<typeof entry>>;
  #members: object[] = members;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#keys = new Map(SCENES[scene].keys.map((one) => [one.Key, one]));
  }

  /** The true answer to anything that is asked; undefined: nobody is there. */
  answer(method: string, target: string, body: string): unknown {
    const { runs, identity, data } = SCENES[this.#scene];
    const asking = `${method} ${target}`;
    if (/^PUT.*\/v1\/kv\//.test(asking)) return this.#write(new URL(target), body);
    if (/recurse/.test(asking)) return this.#keys.size > 0 ? [...this.#keys.values()] : 404;
    if (/health\/service/.test(asking)) return identity === 'other' ? catalog('disk-9') : catalog('disk-1');
    if (/kv\/.*\/lock\?consistent/.test(asking)) return 404;
    if (/session\/create/.test(asking)) return session;
    if (/catalog\/node/.test(asking)) return { ...node, Node: { ...node.Node, ID: 'other' } };
    if (/agent\/services/.test(asking)) return { ...services, old: { ...services['etcd-1-server'], ID: 'old-server' } };
    if (/8500/.test(asking)) return trueAnswer(asking, '');
    // Its own etcd does not run yet.
    if (data !== 'log' && target.includes('10.0.0.1:')) return undefined;
    return runs ? this.#etcd(asking, body) : undefined;
  }

  /** Writes a key as Consul does. */
  #write({ pathname, searchParams }: URL, body: string): boolean {
    const key = decodeURIComponent(pathname.slice('/v1/kv/'.length));
    const index = this.#keys.get(key)?.ModifyIndex ?? 0;
    if (searchParams.has('acquire')) return true;
    if (Number(searchParams.get('cas')) !== index) return false;
    this.#keys.set(key, { ...entry(key, ''), Value: Buffer.from(body).toString('base64'), ModifyIndex: index + 6 });
    return true;
  }

  #etcd(asking: string, body: string): unknown {
    if (/member\/remove/.test(asking))
      this.#members = this.#members.filter((one) => !body.includes((one as typeof learner).ID));
    if (/member\/add/.test(asking)) {
      this.#members = [...this.#members, learner];
      return { header, member: learner };
    }
    if (/\/members$/.test(asking)) return JSON.stringify(this.#members).replace(/"ID":"(\d+)"/g, '"id":$1');
    if (/member\//.test(asking)) return { header, members: this.#members };
    return /\/health/.test(asking) ? { health: 'true', reason: '' } : { header };
  }
}

/** Runs a program until it ends or has had enough of answers, some of which are what these recipes make of them. */
export async function play(scene: Scene, scope: RegExp, plan: readonly (Recipe | undefined)[]): Promise<Ended> {
  const ended: Ended = { how: 'done', why: '', said: [], decided: undefined, aside: false, time: 0 };
  const world = new World(scene);
  let asked = 0;
  const reply = (method: string, target: string, body: string): Reply => {
    const truth = world.answer(method, target, body);
    if (truth === undefined) throw Object.assign(new Error('nobody'), { code: 'ECONNREFUSED' });
    const headers = { 'x-consul-index': '7', 'x-etcd-cluster-id': lineage };
    const recipe = scope.test(target) ? plan[asked++ % plan.length] : undefined;
    if (recipe) return replyOf(answerBy(recipe, typeof truth === 'number' ? null : truth, headers));
    if (typeof truth === 'number') return { status: truth, headers, body: '' };
    return { status: 200, headers, body: typeof truth === 'string' ? truth : JSON.stringify(truth) };
  };
  let asks = 0;
  let spin = () => undefined as unknown;
  const exchange = (target: string, { method = 'GET', body = '' }: Ask): Promise<Reply> => {
    // A program that waits for Consul has waited; an answer takes its time.
    ended.time += target.includes('&wait=') ? 10_000 : 0.1;
    if (++asks > MOST) spin();
    return asks > MOST ? new Promise(() => undefined) : Promise.resolve().then(() => reply(method, target, body));
  };
  const ports: Ports = {
    consul: consulPort(settings, {}, () => ended.time, exchange),
    etcd: { ...etcdPort(settings, '/run/etcd', exchange), stop: () => undefined },
    disk: makeDisk(scene, ended),
    dns: {
      srv: () => Promise.resolve(ADDRESSES.map((one) => `${one}:2380`)),
      flaw: () => Promise.resolve(''),
      countOverTcp: () => Promise.resolve(3),
    },
    clock: {
      now: () => ended.time,
      date: () => 1_800_000_000,
      sleep(milliseconds) {
        ended.time += milliseconds;
        return ended.time > 120_000 ? Promise.reject(new Enough()) : Promise.resolve();
      },
    },
    say: (line) => {
      ended.said.push(visible(line, 2000));
    },
    random: () => '11111111-e9e3-2416-59e0-133b28005b8b',
  };
  try {
    const spun = new Promise((_, reject) => {
      spin = () => reject(ended.time < 1000 ? new Error(`asked ${MOST} times in ${ended.time} ms`) : new Enough());
    });
    await Promise.race([SCENES[scene].program(settings, ports), spun]);
  } catch (error) {
    ended.how = error instanceof Enough ? 'enough' : error instanceof Again ? 'again' : 'failed';
    ended.why = String((error as Error).stack);
  }
  return ended;
}

/** A mistake of ours that was taken for a cause. */
const mistake = /Cannot (read|convert|destructure|set)|is not (a function|iterable)|of undefined|of null|\[object /;

/** Flaws that must not be, however a program ended. */
function breach(scene: Scene, scope: keyof typeof SCOPES, ended: Ended): string | undefined {
  const { how, why, said, decided, aside, time } = ended;
  if (how === 'failed') return `ended with ${why}`;
  const odd = said.find((line) => mistake.test(line));
  if (odd !== undefined) return `said ${odd}`;
  const isSafe = (text: string) => /^[\w.:/,=-]*$/.test(text);
  if (decided && !Object.values(decided).every(isSafe)) return `etcd was to be started with ${JSON.stringify(decided)}`;
  const isHeldBack = aside || decided === undefined || time > 3000;
  // Neither Consul alone nor one member alone holds back a log.
  if (scene === 'gate, with its log' && (scope === 'Consul' || scope === 'one member') && isHeldBack) {
    return `a host with data was held back: ${JSON.stringify({ ...ended, why: '' })}`;
  }
  return undefined;
}

/** Runs of a program among untrue answers, until one is not borne: told with the answers, as few as could be made. */
export async function findBreach(scene: Scene, count: number, seed: number): Promise<string | undefined> {
  const plans = fc.array(
    fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: recipes }),
    { minLength: 1, maxLength: 12 },
  );
  const scopes = fc.constantFrom(...(Object.keys(SCOPES) as (keyof typeof SCOPES)[]));
  type Case = [keyof typeof SCOPES, (Recipe | undefined)[]];
  const look = async (...[scope, plan]: Case) => breach(scene, scope, await play(scene, SCOPES[scope], plan));
  const property = fc.asyncProperty(scopes, plans, async (...one) => (await look(...one)) === undefined);
  const { failed, counterexample } = await fc.check(property, { numRuns: count, seed });
  if (!failed) return undefined;
  const found = await look(...(counterexample as Case));
  return `${scene}, seed ${seed}: ${found}\nby ${JSON.stringify(counterexample)}`;
}

import test from 'ava';
import type { Identity } from '../shared/identity.ts';
import { recordKey } from '../shared/keys.ts';
import type { Entry, Place, Ports } from '../shared/ports.ts';
import { makeRecord } from '../shared/record.ts';
import type { Settings } from '../shared/settings.ts';
import { members, three, urlOf } from './decide-testing.ts';
import { gate } from './gate.ts';
import type { Decision, Observed } from './observed.ts';
import { RULES } from './rules.ts';

const settings = {
  cluster: 'c',
  name: 'h1',
  address: '10.0.0.1',
  size: 3,
  scheme: 'http',
  peerPort: 2380,
  discovery: 'committed',
  replaceDeadAfter: 60,
  operatorKeys: [],
} as unknown as Settings;

/**
 * One host of three that are all there; whom it asked, and what it told Consul, in turn.
 *
 * @param earlier another's record, that comes just before its own
 * @param busy how often another host has the join lock
 */
async function born(earlier?: object, { busy = -1, decide = RULES.decide } = {}): Promise<string[]> {
  const entries = new Map<string, Entry>();
  const done: string[] = [];
  let identity: Identity = { incarnation: 'i1', machineId: 'm', phase: 'fresh' };
  let place: Place | undefined;
  let mark: string | undefined;
  const read = <T>(value: T) => Promise.resolve({ value, index: '1' });
  const ports: Ports = {
    consul: {
      keys: () => read([...entries.values()]),
      candidates: () => read(three),
      machines: () => Promise.resolve(new Set(three.map(({ node, address }) => `${node} ${address}`))),
      version: () => Promise.resolve('1.14.11'),
      change() {
        done.push('woken');
        return busy >= 0 ? Promise.resolve() : Promise.reject(new Error('it has no reason to wait'));
      },
      acquire() {
        busy -= 1;
        return Promise.resolve(busy < 0 ? 'session' : undefined);
      },
      release: () => Promise.resolve(),
      put(key: string, value: string) {
        const text = key === recordKey('c') && earlier ? JSON.stringify(earlier) : value;
        if (!entries.has(key)) entries.set(key, { key, value: text, modified: 1 });
        done.push(key.replace(/.*\/(bootstrap|launch).*/, '$1'));
        return Promise.resolve();
      },
      register({ Meta }: { Meta: Record<string, string> }) {
        done.push(String(Meta.state));
        return Promise.resolve();
      },
    } as unknown as Ports['consul'],
    etcd: {
      peer(url: string) {
        done.push(url);
        return Promise.reject(Object.assign(new Error('nobody'), { code: 'ECONNREFUSED' }));
      },
    } as unknown as Ports['etcd'],
    disk: {
      data: () => ({ state: 'nothing' }),
      identity: () => identity,
      saveIdentity: (one: Identity) => {
        identity = one;
      },
      machineId: () => 'm',
      here: () => ({ location: 'fs:/var/lib/etcd', mounted: false }),
      place: () => place,
      savePlace: (one: Place) => {
        place = one;
      },
      mark: () => mark,
      setMark: (nonce: string) => {
        mark = nonce;
      },
      decide: (environment: Record<string, string>) => {
        done.push(String(environment.ETCD_INITIAL_CLUSTER_STATE));
      },
      unfit: () => Promise.resolve(undefined),
    } as unknown as Ports['disk'],
    dns: {
      srv: () => Promise.resolve([1, 2, 3].map((n) => `10.0.0.${n}:2380`)),
      flaw: () => Promise.resolve(''),
      countOverTcp: () => Promise.resolve(3),
    },
    clock: { now: () => 0, date: () => 1000, sleep: () => Promise.resolve() },
    say: () => {},
    random: () => 'token',
  };
  await gate(settings, ports, { ...RULES, decide });
  return done;
}

const all = [1, 2, 3].map(urlOf);
const launch = ['launch', 'launched', 'new'];

test('who makes the record has asked its hosts just before: they are not asked again', async (t) => {
  t.deepEqual(await born(), ['empty', ...all, 'bootstrap', ...launch]);
});

test('nor for one that another made of the same hosts', async (t) => {
  t.deepEqual(await born(makeRecord(members, 'other', 1000)), ['empty', ...all, 'bootstrap', ...launch]);
});

test('for one of other hosts they are', async (t) => {
  const [first, second] = members;
  if (first === undefined || second === undefined) return t.fail();
  const fourth = { name: 'h4', incarnation: 'i4', peer_url: urlOf(4) };
  const record = makeRecord([first, second, fourth], 'other', 1000);
  t.deepEqual(await born(record), ['empty', ...all, 'bootstrap', urlOf(2), urlOf(4), urlOf(3), ...launch]);
});

test('whoever waits for its turn is woken when it comes: pauses may meet the other each time', async (t) => {
  const decide = ({ roll }: Observed): Decision => {
    if (roll === undefined) return { do: 'lock' };
    return roll.known ? { do: 'start' } : { do: 'wait', cause: roll.cause };
  };
  const done = await born(undefined, { busy: 3, decide });
  t.deepEqual(
    done.filter((one) => one === 'woken'),
    ['woken', 'woken', 'woken'],
  );
});

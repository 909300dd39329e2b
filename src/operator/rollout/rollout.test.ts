import test from 'ava';
import { ConsulError, type Entry } from '../../sidekick/shared/ports.ts';
import type { OperatorConsul, OperatorEtcd } from '../host/ports.ts';
import { host, listOf, livedKeys, recordOf, settings } from '../operator-testing.ts';
import { type RolloutPorts, rollout } from './run.ts';

const record = recordOf(1, 2, 3);
const ids = listOf(record).members.map(({ id }) => id);
const unused = () => Promise.reject(new Error('not asked for'));

/** As a promise, errors too. */
const soon =
  <A extends unknown[], R>(work: (...args: A) => R) =>
  (...args: A): Promise<R> =>
    new Promise((resolve) => resolve(work(...args)));

/** Three members; which are down, which leads, and a clock that time only passes on by sleeping. */
class World {
  now = 0;
  leader = 0;
  readonly down = new Set<number>();
  /** All that happened, in order. */
  readonly log: string[] = [];
  /** Events, by their second. */
  readonly later = new Map<number, () => void>();
  /** The doing on a host. */
  work: (name: string) => void = () => {};
  flaws: string[] = [];
  extra = 0;
  /** Whose turn it is, among rollouts. */
  lease: Entry | undefined;
  writes = 10;

  #of(url: string): number {
    const n = Number(/10\.0\.0\.(\d)/.exec(url)?.[1]) - 1;
    if (this.down.has(n)) throw new Error(`connect ECONNREFUSED 10.0.0.${n + 1}:2379`);
    return n;
  }

  readonly #etcd: OperatorEtcd = {
    list: soon((url: string) => {
      this.#of(url);
      if (this.down.size > 1) throw new Error('etcdserver: request timed out');
      const names = [1, 2, 3].map((n) => ({
        id: ids[n - 1] ?? '',
        name: `etcd-${n}`,
        peerUrls: [`http://10.0.0.${n}:2380`],
        clientUrls: [`http://10.0.0.${n}:2379`],
        isLearner: false,
      }));
      const more = Array.from({ length: this.extra }, () => ({
        id: '00000000000000ff',
        name: '',
        peerUrls: ['http://10.0.0.9:2380'],
        clientUrls: [],
        isLearner: true,
      }));
      return { clusterId: record.cluster_id, members: [...names, ...more] };
    }),
    known: unused,
    status: soon((url: string) => {
      const n = this.#of(url);
      return { memberId: ids[n] ?? '', leader: ids[this.leader], raftIndex: BigInt(100 + n), alarms: [] };
    }),
    read: soon((url: string) => {
      this.#of(url);
    }),
    handOn: soon((url: string, to: string) => {
      this.#of(url);
      this.leader = ids.indexOf(to);
      this.log.push(`etcd-${this.leader + 1} is handed the leadership`);
    }),
    remove: unused,
    probe: async () => 'answers',
  };

  readonly ports: RolloutPorts = {
    consul: {
      keys: soon(() => {
        const values = Object.entries(livedKeys(record));
        const all = values.map(([key, value]) => ({ key, value, modified: 1 }));
        return { value: [...all, ...(this.lease ? [this.lease] : [])], index: '1' };
      }),
      put: soon((key: string, value: string, modified: number) => {
        if ((this.lease?.modified ?? 0) === modified) this.lease = { key, value, modified: ++this.writes };
      }),
      remove: soon((_: string, modified: number) => {
        if (this.lease?.modified === modified) this.lease = undefined;
      }),
      registrations: soon(() => {
        const hosts = [1, 2, 3].map((n) => host(n, { meta: { state: 'member', member: ids[n - 1] ?? '' } }));
        return { hosts, unfit: [] };
      }),
    } as Partial<OperatorConsul> as OperatorConsul,
    etcd: this.#etcd,
    clock: {
      now: () => this.now,
      date: () => 1_800_000_000 + this.now / 1000,
      sleep: soon((ms: number) => {
        this.now += ms;
        for (const [second, happens] of this.later) {
          if (this.now < second * 1000) continue;
          this.later.delete(second);
          happens();
        }
      }),
    },
    random: () => 'x',
    run: soon(({ name, address }: { name: string; address: string }) => {
      this.log.push(`${name} at ${address}`);
      this.work(name);
    }),
    flaw: async () => this.flaws.shift() ?? '',
  };

  /** Runs it on these; what was said, or the error with its remedy. */
  async go(names: string[] = [], confirm = async () => {}): Promise<string> {
    const said: string[] = [];
    const choice = { names, settle: 10_000, timeout: 60_000 };
    try {
      await rollout(settings, this.ports, choice, { say: (line) => said.push(line), confirm });
      return said.join('\n');
    } catch (error) {
      const { message, remedy } = error as Error & { remedy?: string };
      return `${message}\n=> ${remedy}`;
    }
  }
}

/** It goes down for so many seconds when it is its turn. */
function restarts(world: World, seconds: number): (name: string) => void {
  return (name) => {
    const n = Number(name.at(-1)) - 1;
    const at = world.now / 1000;
    // The command is over before its service has stopped.
    world.later.set(at + 1, () => world.down.add(n));
    world.later.set(at + 1 + seconds, () => world.down.delete(n));
  };
}

test('one after the other, the leader last and after it has handed on; none while another is away', async (t) => {
  const world = new World();
  world.work = (name) => {
    t.is(world.down.size, 0, name);
    restarts(world, 5)(name);
  };
  const said = await world.go();
  t.deepEqual(world.log, [
    'etcd-2 at 10.0.0.2',
    'etcd-3 at 10.0.0.3',
    'etcd-3 is handed the leadership',
    'etcd-1 at 10.0.0.1',
  ]);
  t.regex(said, /^does it on 3 of 3 hosts of mycluster, each when all others are healthy:\n {2}1\. +etcd-2 /);
  t.regex(said, /etcd-1 +10\.0\.0\.1 +leads: hands its leadership on first/);
  t.regex(said, /the loss of another stops the cluster/);
  t.regex(said, /begins\nwaiting: it is not healthy \(connect ECONNREFUSED .*\)\n/);
  t.regex(said, /done: all members of mycluster are healthy$/);
});

test('it does not begin while another is ill, and says which', async (t) => {
  const world = new World();
  world.down.add(1);
  t.regex(await world.go(['etcd-3']), /cannot begin on mycluster; nothing was changed\n {2}etcd-2: it is not healthy/);
  t.deepEqual(world.log, []);
  world.down.add(2);
  t.regex(await world.go(), /^no member of mycluster answers|no quorum answers/);
  t.deepEqual(world.log, []);
});

test('who is ill has its turn first, and is to be well after it', async (t) => {
  const world = new World();
  world.down.add(2);
  world.work = () => world.down.delete(2);
  await world.go();
  t.is(world.log[0], 'etcd-3 at 10.0.0.3');
  t.is(world.log.length, 4);
});

test('a member that is joining, and one that is not known, are reasons against it', async (t) => {
  const world = new World();
  world.extra = 1;
  t.regex(await world.go(), /00000000000000ff: it is joining: one change at a time/);
  world.extra = 0;
  t.regex(await world.go(['etcd-4']), /no member is called so\n=> Did you mean etcd-/);
  t.deepEqual(world.log, []);
});

test('a Consul that is without a leader meanwhile is waited for', async (t) => {
  const world = new World();
  const { keys } = world.ports.consul;
  world.work = () => {
    const until = world.now + 5000;
    world.ports.consul.keys = () =>
      world.now < until ? Promise.reject(new ConsulError('Consul has no leader')) : keys();
  };
  const said = await world.go();
  t.regex(said, /begins\nwaiting: Consul has no leader\n/);
  t.is(world.log.length, 4);
});

test('a command that fails stops it; what is done and what is left is said', async (t) => {
  const world = new World();
  world.ports.run = soon(({ name }: { name: string }) => {
    if (name === 'etcd-3') throw new Error('the command of --run ended with 7');
  });
  t.is(
    await world.go(),
    'etcd-3: the command of --run ended with 7\n  done: etcd-2; left: etcd-3 etcd-1\n' +
      '=> See what it did on that host, and mend it. Then go on with --host etcd-3 etcd-1',
  );
});

test('a member that does not come back stops it after the time-out', async (t) => {
  const world = new World();
  world.work = restarts(world, 10_000);
  const said = await world.go();
  t.regex(said, /^etcd-2: after 60 s not all is well: it is not healthy/);
  t.regex(said, /no host is done; left: etcd-2 etcd-3 etcd-1/);
  t.deepEqual(world.log, ['etcd-2 at 10.0.0.2']);
});

test('a host is not done before it shows the new certificates', async (t) => {
  const world = new World();
  world.flaws = Array(23).fill('10.0.0.2:2380 shows another certificate');
  await world.go(['etcd-2']);
  t.true(world.now >= 20_000, `${world.now}`);
  world.flaws = Array(1000).fill('10.0.0.2:2380 shows another certificate');
  t.regex(await world.go(['etcd-2']), /not all is well: 10\.0\.0\.2:2380 shows another certificate\n.*left: etcd-2/);
});

test('nothing is done without consent, nor where the members have changed', async (t) => {
  const world = new World();
  t.regex(await world.go([], () => Promise.reject(new Error('no'))), /^no\n/);
  t.deepEqual(world.log, []);
  world.work = () => {
    world.extra = 1;
  };
  t.regex(await world.go(), /^etcd-2: the members have changed meanwhile/);
  t.is(world.log.length, 1);
});

test('another rollout that gives signs of life is waited for, one that was killed for a minute', async (t) => {
  const world = new World();
  const key = 'etcd3/mycluster/rollout';
  const beats = (n: number) => () => {
    world.lease = n < 4 ? { key, value: `other ${n}`, modified: 100 + n } : undefined;
  };
  for (const n of [1, 2, 3, 4]) world.later.set(n * 20, beats(n));
  world.lease = { key, value: 'other 0', modified: 100 };
  const began: number[] = [];
  world.work = () => began.push(world.now);
  t.regex(await world.go(), /\nwaiting: another rollout is at work \(etcd3\/mycluster\/rollout\); one that was killed/);
  t.true((began[0] ?? 0) >= 80_000, String(began));
  t.falsy(world.lease as unknown, 'it is given back');
  world.lease = { key, value: 'killed 7', modified: 200 };
  const [from, done] = [world.now, began.length];
  await world.go();
  t.true((began[done] ?? 0) - from >= 60_000);
});

test('a rollout that has slept while another took its turn goes no further', async (t) => {
  const world = new World();
  world.work = (name) => {
    if (name !== 'etcd-2') return;
    world.now += 90_000;
    world.lease = { key: 'etcd3/mycluster/rollout', value: 'other 1', modified: 300 };
  };
  t.regex(
    await world.go(),
    /^etcd-2: another rollout has begun meanwhile\n {2}no host is done; left: etcd-2 etcd-3 etcd-1/,
  );
  t.is(world.lease?.value, 'other 1');
});

test('a host that does not come back is no reason to retire it', async (t) => {
  const world = new World();
  world.work = () => world.down.add(1);
  const said = await world.go();
  t.regex(said, /^etcd-2: after 60 s not all is well: it is not healthy \(connect ECONNREFUSED/);
  t.regex(said, /=> See journalctl -u etcd on etcd-2\. Then go on with --host etcd-2 etcd-3 etcd-1$/);
});

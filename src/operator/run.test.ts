import { randomUUID } from 'node:crypto';
import test from 'ava';
import { decimal } from '../sidekick/host/members.ts';
import { keyPrefix, lineageKey, listKey, recordKey } from '../sidekick/shared/keys.ts';
import { isSigned, retiredText } from '../sidekick/shared/proof.ts';
import { makeRecord, parseRecord } from '../sidekick/shared/record.ts';
import type { Dialogue } from './confirm.ts';
import { operatorConsul } from './host/consul.ts';
import type { OperatorPorts } from './host/ports.ts';
import { operatorPorts } from './host/real-ports.ts';
import {
  settings as base,
  FakeConsul,
  host,
  key,
  LOST,
  listOf,
  livedKeys,
  NOW,
  recordAt,
  serve,
} from './operator-testing.ts';
import { replace, signed, write } from './replace.ts';
import { planReset } from './reset.ts';
import { type RetireChoice, retire } from './retire-run.ts';

// Whole commands, against programs that answer as Consul and etcd do.
const consul = new FakeConsul();
const agent = await serve(consul.answer);
test.after.always(() => agent.close());

// Members are told apart by addresses of the loopback network, which are all there on Linux alone.
const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip;

const CLOSED = 1;
const at = (n: number) => `127.0.0.${n + 1}`;
const settings = { ...base, peerPort: CLOSED };

function portsOf(given = settings): OperatorPorts {
  const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${agent.port}` };
  return { ...operatorPorts(given), consul: operatorConsul(given, env) };
}

/** Says into `said`; agrees after `meanwhile`. */
function dialogue(said: string[], meanwhile = () => {}): Dialogue {
  return { say: (line) => said.push(line), confirm: async () => meanwhile() };
}

const born = recordAt((n) => `http://${at(n)}:${CLOSED}`, 1, 2, 3);
const ids = listOf(born).members.map(({ id }) => id);
const own = lineageKey('mycluster', born.cluster_id);

function begin(state: 'launched' | 'member') {
  consul.log.length = 0;
  consul.keys.clear();
  consul.hosts = [1, 2, 3].map((n) => {
    const meta = { state, member: ids[n - 1] ?? '' };
    return host(n, { address: at(n), port: CLOSED, peerUrl: `http://${at(n)}:${CLOSED}`, meta });
  });
  for (const [name, value] of Object.entries(livedKeys(born))) consul.put(name, value);
}

const stored = (name = own) => parseRecord(consul.keys.get(name)?.value ?? '');
const reset = (said: string[], meanwhile?: () => void, lost = LOST) => {
  const choice = { lost, lineage: undefined, token: randomUUID(), now: NOW };
  return replace(
    'reset mycluster',
    settings,
    portsOf(),
    (seen) => planReset(seen, settings, choice),
    (record) => signed(settings, record, key),
    dialogue(said, meanwhile),
  );
};

onLinux('reset says what it will do, then puts the signed record to both keys', async (t) => {
  begin('launched');
  const said: string[] = [];
  await reset(said, () => t.deepEqual(consul.log, []));
  t.deepEqual(consul.log, [`PUT ${own}`, `PUT ${recordKey('mycluster')}`]);
  t.like(stored(), { generation: NOW, size: 3, lineage: born.cluster_id });
  t.regex(stored().proof ?? '', /^[\w-]{86}$/);
  t.deepEqual(stored(recordKey('mycluster')), stored());
  t.true(said.some((line) => line.includes(born.cluster_id)));
  t.true(said.some((line) => line.includes(`${stored().cluster_id} (predicted)`)));
});

onLinux('reset writes nothing when a host has got data while the operator read', async (t) => {
  begin('launched');
  const getData = () => {
    consul.hosts = consul.hosts.map((one) => ({ ...one, meta: { ...one.meta, state: 'member' } }));
  };
  await t.throwsAsync(reset([], getData), { message: /cannot reset.*nothing was changed\n {2}etcd-1: it has data/s });
  t.deepEqual(consul.log, []);
});

onLinux('a host that is off is not taken for one without data, whatever is written into the catalog', async (t) => {
  begin('launched');
  consul.off.add('etcd-3');
  const off = /cannot reset.*nothing was changed\n {2}etcd-3: it is registered but not alive/s;
  await t.throwsAsync(reset([], undefined, ['etcd-1', 'etcd-2']), { message: off });
  consul.off.clear();
  t.deepEqual(consul.log, []);
});

onLinux('reset writes nothing when another has', async (t) => {
  begin('launched');
  const another = makeRecord(born.members, 'old', 2);
  await t.throwsAsync(
    reset([], () => consul.put(own, JSON.stringify(another))),
    { message: /something has changed since the plan was shown/ },
  );
  t.is(stored().generation, 2);
});

onLinux('a record is replaced only in the version that was read', async (t) => {
  begin('launched');
  const next = signed(settings, { ...makeRecord(born.members, 'next', NOW), lineage: born.cluster_id }, key);
  const version = (name: string) => ({ key: name, modified: consul.keys.get(name)?.index ?? 0 });
  const stale = { key: own, modified: 1 };
  await t.throwsAsync(write(settings, portsOf().consul, { replaces: [stale] }, next), {
    message: /changed by another/,
  });
  t.is(stored().token, 'old');
  const birth = { key: recordKey('mycluster'), modified: 1 };
  const notes = await write(settings, portsOf().consul, { replaces: [version(own), birth] }, next);
  t.is(stored().token, 'next');
  t.is(stored(recordKey('mycluster')).token, 'old');
  t.regex(notes.join(), /bootstrap was changed by another at this moment, and is left as it is/);
});

/** Three members that answer as etcd's JSON gateway does; at the address of one of them, if said, another cluster's. */
async function etcd(port: number, { refuseRemoval = false, stranger = 0 } = {}) {
  const members = new Set([1, 2, 3]);
  const idOf = (n: number) => decimal(ids[n - 1] ?? '');
  let leader = idOf(1);
  const header = (n: number) =>
    n === stranger ? { cluster_id: '7', member_id: '8' } : { cluster_id: decimal(born.cluster_id), member_id: idOf(n) };
  const answer = (n: number, path: string, body: Record<string, string>): unknown => {
    switch (path.replace('/v3/', '')) {
      case 'maintenance/status':
        return { header: header(n), leader, raftIndex: '7' };
      case 'kv/range':
        return { header: header(n) };
      case 'cluster/member/list': {
        if (n === stranger)
          return { header: header(n), members: [{ ID: '8', peerURLs: [`http://${at(n)}:${CLOSED}`] }] };
        const all = [...members].map((m) => ({
          ID: idOf(m),
          name: `etcd-${m}`,
          peerURLs: [`http://${at(m)}:${CLOSED}`],
        }));
        return { header: header(n), members: all };
      }
      case 'maintenance/transfer-leadership':
        consul.log.push(`transfer at ${n}`);
        leader = body.targetID ?? '';
        return { header: header(n) };
      case 'cluster/member/remove':
        consul.log.push(`remove ${body.ID}`);
        if (refuseRemoval) return undefined;
        for (const m of members) if (idOf(m) === body.ID) members.delete(m);
        return { header: header(n) };
      default:
        return undefined;
    }
  };
  const servers = [1, 2, 3].map((n) =>
    serve((path, body) => answer(n, path, JSON.parse(body) as Record<string, string>), at(n), port),
  );
  const running = await Promise.all(servers);
  return () => running.map(({ close }) => close());
}

const retireAt = (clientPort: number, choice: RetireChoice, said: string[] = [], meanwhile?: () => void) => {
  const given = { ...settings, clientPort };
  return retire(given, portsOf(given), choice, dialogue(said, meanwhile));
};

onLinux('retire hands on, marks, removes, agrees on the new size, in this order', async (t) => {
  begin('member');
  t.teardown(await etcd(12_379));
  const said: string[] = [];
  await retireAt(12_379, { name: 'etcd-1', key }, said, () => t.deepEqual(consul.log, []));
  const mark = `${keyPrefix('mycluster')}retired/disk-1`;
  const list = listKey('mycluster', born.cluster_id);
  t.deepEqual(consul.log, ['transfer at 1', `PUT ${mark}`, `remove ${decimal(ids[0] ?? '')}`, `PUT ${list}`]);
  const value = JSON.parse(consul.keys.get(mark)?.value ?? '') as { name: string; member: string; proof: string };
  t.like(value, { name: 'etcd-1', member: ids[0] });
  t.true(isSigned(retiredText('mycluster', 'disk-1', value.member), value.proof, settings.operatorKeys));
  const published = JSON.parse(consul.keys.get(list)?.value ?? '') as { size: number; members: { name: string }[] };
  t.is(published.size, 2);
  t.deepEqual(published.members.map(({ name }) => name).sort(), ['etcd-2', 'etcd-3']);
  t.deepEqual(said.slice(-4), [
    'etcd-2 leads now',
    `removed: etcd-1 (${ids[0]}) is a member no more`,
    'the members are etcd-2, etcd-3',
    'the host of etcd-1 may be ended',
  ]);
});

onLinux('a removal that the cluster does not do leaves no mark', async (t) => {
  begin('member');
  t.teardown(await etcd(12_380, { refuseRemoval: true }));
  const patient = retireAt(12_380, { name: 'etcd-2', patience: 1000 });
  await t.throwsAsync(patient, { message: /does not remove etcd-2: status 404; the mark .* taken back/ });
  t.is(consul.log.at(-1), 'DELETE etcd3/mycluster/retired/disk-2');
  t.false([...consul.keys.keys()].some((name) => name.includes('retired')));
});

onLinux('where nobody publishes a list none is made', async (t) => {
  begin('member');
  consul.keys.delete(listKey('mycluster', born.cluster_id));
  t.teardown(await etcd(12_381));
  await retireAt(12_381, { name: 'etcd-3' });
  t.false(consul.keys.has(listKey('mycluster', born.cluster_id)));
  t.is(JSON.parse(consul.keys.get(`${keyPrefix('mycluster')}retired/disk-3`)?.value ?? '').proof, undefined);
});

onLinux('a member that is gone is retired though another cluster has come to its address', async (t) => {
  begin('member');
  for (const one of consul.hosts) one.alive = one.node !== 'etcd-3';
  t.teardown(await etcd(12_384, { stranger: 3 }));
  const said: string[] = [];
  await retireAt(12_384, { name: 'etcd-3', key }, said);
  t.regex(said.join('\n'), /127\.0\.0\.4 answers as member 0000000000000008|taken for dead/);
  t.true(said.includes('the members are etcd-1, etcd-2'));
});

onLinux('W3: an extra entry of the catalog is not asked, and does not change who is a member', async (t) => {
  begin('member');
  t.teardown(await etcd(12_382));
  let asked = 0;
  const stranger = await serve(
    () => {
      asked += 1;
      return {};
    },
    at(9),
    12_382,
  );
  t.teardown(stranger.close);
  consul.hosts.push(host(9, { address: at(9), port: CLOSED, meta: { state: 'member', member: ids[1] ?? '' } }));
  await retireAt(12_382, { name: 'etcd-3' });
  t.is(asked, 0);
});

onLinux('when no member answers, who was asked is said, and what holds data; no reset is advised', async (t) => {
  begin('member');
  const error = await t.throwsAsync(retireAt(CLOSED, { name: 'etcd-1' }), {
    message: /no member of mycluster answers \(asked: 127\.0\.0\.2, 127\.0\.0\.3, 127\.0\.0\.4\): .*ECONNREFUSED/,
  });
  t.regex(error?.message ?? '', /\n {2}etcd-1: it has data of cluster unknown\n/);
  t.notRegex(`${error?.message} ${(error as { remedy?: string }).remedy}`, /reset|restore/);
});

onLinux('only when all members of the list are known to be without data is a reset named', async (t) => {
  begin('launched');
  const error = await t.throwsAsync(retireAt(CLOSED, { name: 'etcd-1' }));
  t.regex(
    (error as { remedy?: string }).remedy ?? '',
    /no member has data any more.* quorumgate reset SPEC --lost etcd-1 etcd-2 etcd-3 begins empty/,
  );
  consul.hosts.pop();
  const other = await t.throwsAsync(retireAt(CLOSED, { name: 'etcd-1' }));
  t.regex(other?.message ?? '', /etcd-3: member .* is not accounted for/);
  t.notRegex((other as { remedy?: string }).remedy ?? '', /reset|restore/);
});

onLinux('W12: a stranger who holds the lock of the membership delays, and does not block', async (t) => {
  begin('member');
  t.teardown(await etcd(12_383));
  const given = { ...settings, clientPort: 12_383 };
  const real = portsOf(given);
  let now = 0;
  const pass = (ms: number) => {
    now += ms;
  };
  const clock = { ...real.clock, now: () => now, sleep: (ms: number) => Promise.resolve(pass(ms)) };
  // As the lock itself does with a holder of a minute.
  const acquire = async () => (now < 60_000 ? undefined : 'beside:x');
  const said: string[] = [];
  await retire(given, { ...real, clock, consul: { ...real.consul, acquire } }, { name: 'etcd-3' }, dialogue(said));
  t.is(said.filter((line) => line.includes('holds the lock of the membership: waiting')).length, 1);
  t.is(said.at(-1), 'the host of etcd-3 may be ended');
  const never = { ...real, clock, consul: { ...real.consul, acquire: async () => undefined } };
  const error = { message: /others have changed the members for 330 s; nothing was changed/ };
  await t.throwsAsync(retire(given, never, { name: 'etcd-2' }, dialogue([])), error);
});

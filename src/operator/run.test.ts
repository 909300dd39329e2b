import { randomUUID } from 'node:crypto';
import test from 'ava';
import { keyPrefix, makeRecord, parseRecord, recordKey } from '../sidekick/shared/record.ts';
import type { Dialogue } from './confirm.ts';
import { settings as base, FakeConsul, host, recordAt, serve } from './operator-testing.ts';

// Whole commands, against programs that answer as Consul and etcd do.
const consul = new FakeConsul();
const agent = await serve(consul.answer);
process.env.CONSUL_HTTP_ADDR = `127.0.0.1:${agent.port}`;
// Read when they are loaded.
const { replace } = await import('./replace.ts');
const { planReset } = await import('./reset.ts');
const { retire } = await import('./retire-run.ts');
const { replaceRecord } = await import('./catalog.ts');
test.after.always(() => agent.close());

// Members are told apart by addresses of the loopback network, which are all there on Linux alone.
const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip;

const CLOSED = 1;
const at = (n: number) => `127.0.0.${n + 1}`;
const settings = { ...base, peerPort: CLOSED };

/** Says into `said`; agrees after `meanwhile`. */
function dialogue(said: string[], meanwhile = () => {}): Dialogue {
  return { say: (line) => said.push(line), confirm: async () => meanwhile() };
}

function begin(state: 'launched' | 'member') {
  consul.log.length = 0;
  consul.keys.clear();
  consul.hosts = [1, 2, 3].map((n) => {
    return host(n, { address: at(n), port: CLOSED, peerUrl: `http://${at(n)}:${CLOSED}`, meta: { state } });
  });
  const record = recordAt((n) => `http://${at(n)}:${CLOSED}`, 1, 2, 3);
  consul.put(recordKey('mycluster'), JSON.stringify(record));
  return record;
}

const stored = () => parseRecord(consul.keys.get(recordKey('mycluster'))?.value ?? '');
const reset = (said: string[], meanwhile?: () => void) => {
  const token = randomUUID();
  return replace(
    'reset mycluster',
    settings,
    (seen) => planReset(seen, settings, [], { token, now: 0 }),
    dialogue(said, meanwhile),
  );
};

onLinux('reset says what it will do, then replaces the record', async (t) => {
  const old = begin('launched');
  const said: string[] = [];
  await reset(said, () => t.deepEqual(consul.log, []));
  t.deepEqual(consul.log, ['PUT etcd3/mycluster/bootstrap']);
  t.like(stored(), { generation: 2, size: 3 });
  t.true(said.some((line) => line.includes(old.cluster_id)));
  t.true(said.some((line) => line.includes(`${stored().cluster_id} (predicted)`)));
});

onLinux('reset writes nothing when a host has got data while the operator read', async (t) => {
  const old = begin('launched');
  const getData = () => {
    consul.hosts = consul.hosts.map((one) => ({ ...one, meta: { ...one.meta, state: 'member' } }));
  };
  await t.throwsAsync(reset([], getData), { message: /cannot reset.*nothing was changed\n {2}etcd-1: it has data/s });
  t.is(stored().token, old.token);
});

onLinux('reset writes nothing when another has', async (t) => {
  const old = begin('launched');
  const another = makeRecord(old.members, 'another', 2);
  await t.throwsAsync(
    reset([], () => consul.put(recordKey('mycluster'), JSON.stringify(another))),
    { message: /something has changed since the plan was shown/ },
  );
  t.is(stored().token, 'another');
});

onLinux('a record is replaced only in the version that was read', async (t) => {
  const old = begin('launched');
  const next = makeRecord(old.members, 'next', 2);
  await t.throwsAsync(replaceRecord('mycluster', next, 1), { message: /changed by another/ });
  t.is(stored().token, 'old');
  await replaceRecord('mycluster', next, consul.keys.get(recordKey('mycluster'))?.index ?? 0);
  t.is(stored().token, 'next');
});

/** Three members that answer as etcd's JSON gateway does; `n` is also the member's ID. */
async function etcd(clusterId: string, port: number, refuseRemoval = false) {
  const members = new Set([1, 2, 3]);
  let leader = 1;
  const header = (n: number) => ({ cluster_id: BigInt(`0x${clusterId}`).toString(), member_id: String(n) });
  const answer = (n: number, path: string, body: Record<string, string>): unknown => {
    switch (path.replace('/v3/', '')) {
      case 'maintenance/status':
        return { header: header(n), leader: String(leader), raftIndex: '7' };
      case 'kv/range':
        return { header: header(n) };
      case 'cluster/member/list': {
        const all = [...members].map((m) => ({
          ID: String(m),
          name: `etcd-${m}`,
          peerURLs: [`http://${at(m)}:${CLOSED}`],
        }));
        return { header: header(n), members: all };
      }
      case 'maintenance/transfer-leadership':
        consul.log.push(`transfer at ${n} to ${body.targetID}`);
        leader = Number(body.targetID);
        return { header: header(n) };
      case 'cluster/member/remove':
        consul.log.push(`remove ${body.ID}`);
        if (refuseRemoval) return undefined;
        members.delete(Number(body.ID));
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

onLinux('retire hands on, marks, removes, in this order', async (t) => {
  const { cluster_id } = begin('member');
  const close = await etcd(cluster_id, 12_379);
  t.teardown(close);
  const said: string[] = [];
  await retire(
    { ...settings, clientPort: 12_379 },
    'etcd-1',
    dialogue(said, () => t.deepEqual(consul.log, [])),
  );
  t.deepEqual(consul.log, ['transfer at 1 to 2', 'PUT etcd3/mycluster/retired/disk-1', 'remove 1']);
  t.is(consul.keys.get(`${keyPrefix('mycluster')}retired/disk-1`)?.value, 'etcd-1');
  t.deepEqual(said.slice(-4), [
    'etcd-2 leads now',
    'removed: etcd-1 (0000000000000001) is a member no more',
    'the members are etcd-2, etcd-3',
    'the host of etcd-1 may be ended',
  ]);
});

onLinux('a removal that the cluster does not do leaves no mark', async (t) => {
  const { cluster_id } = begin('member');
  const close = await etcd(cluster_id, 12_380, true);
  t.teardown(close);
  const patient = retire({ ...settings, clientPort: 12_380 }, 'etcd-2', dialogue([]), 1000);
  await t.throwsAsync(patient, { message: /does not remove etcd-2: status 404; the mark .* taken back/ });
  t.is(consul.log.at(-1), 'DELETE etcd3/mycluster/retired/disk-2');
  t.false([...consul.keys.keys()].some((key) => key.includes('retired')));
});

onLinux('when no member answers, who was asked is said', async (t) => {
  begin('member');
  await t.throwsAsync(retire({ ...settings, clientPort: CLOSED }, 'etcd-1', dialogue([])), {
    message: /no member of mycluster answers \(asked: 127\.0\.0\.2, 127\.0\.0\.3, 127\.0\.0\.4\): .*ECONNREFUSED/,
  });
});

import test from 'ava';
import { decimal } from '../../sidekick/host/members.ts';
import { remedyOf } from '../causes.ts';
import { Reply, serve, settings } from '../operator-testing.ts';
import { operatorEtcd, statusOf } from './etcd.ts';

const id = 'deadbeefdeadbeef';

test('what a member says of itself, as the gateway writes it', (t) => {
  const header = { member_id: decimal(id), cluster_id: '1' };
  const errors = [`memberID:${decimal(id)} alarm:NOSPACE `, 'etcdserver: no leader', 'memberID:7 alarm:CORRUPT '];
  t.deepEqual(statusOf({ header, leader: decimal(id), raftIndex: '77', errors }), {
    memberId: id,
    leader: id,
    raftIndex: 77n,
    alarms: [
      { memberId: id, kind: 'NOSPACE' },
      { memberId: '0000000000000007', kind: 'CORRUPT' },
    ],
  });
  t.like(statusOf({ header }), { leader: undefined, raftIndex: 0n, alarms: [] });
  t.like(statusOf({ header, leader: '0' }), { leader: undefined });
});

test('W6: what no etcd says is an error in one line', (t) => {
  const header = { member_id: '1' };
  for (const value of [
    null,
    {},
    [],
    7,
    { header: null },
    { header: {} },
    { header, raftIndex: 7 },
    { header, leader: 'x' },
    { header, errors: {} },
  ]) {
    const error = t.throws(() => statusOf(value), undefined, JSON.stringify(value));
    t.false(error?.message.includes('\n'));
  }
});

test("W11: etcd's refusals come with what to do about them", async (t) => {
  const refuse = (words: string) => new Reply(400, JSON.stringify({ error: words, message: words, code: 3 }));
  for (const [words, remedy] of [
    ['etcdserver: user name is empty', /auth disable/],
    ['etcdserver: mvcc: database space exceeded', /compact and defragment/],
  ] as const) {
    const { port, close } = await serve(() => refuse(words));
    t.teardown(close);
    const etcd = operatorEtcd({ ...settings, clientPort: port });
    const error = await t.throwsAsync(etcd.read('http://127.0.0.1:1', 1000), { message: new RegExp(words) });
    t.regex(remedyOf(error?.message ?? '') ?? '', remedy);
  }
  t.regex(remedyOf('unable to verify the first certificate') ?? '', /--cacert/);
  t.is(remedyOf('connect ECONNREFUSED'), undefined);
});

test('escapes in the words of others are written out', async (t) => {
  const words = 'no\n\u001b[2J';
  const { port, close } = await serve(() => new Reply(500, JSON.stringify({ message: words })));
  t.teardown(close);
  const etcd = operatorEtcd({ ...settings, clientPort: port });
  await t.throwsAsync(etcd.status('http://127.0.0.1:1', 1000), { message: 'no\\n\\x1b[2J' });
});

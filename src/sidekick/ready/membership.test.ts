import test from 'ava';
import { listKey } from '../shared/keys.ts';
import type { Membership, Ports } from '../shared/ports.ts';
import type { Settings } from '../shared/settings.ts';
import { decide } from './decide.ts';
import { type Change, given, known, other, own, peer, record, urlOf, verified, voter } from './decide-testing.ts';
import { Joining } from './membership.ts';
import type { Look } from './observe.ts';

const nobody = () => Promise.reject(Object.assign(new Error('nobody'), { code: 'ECONNREFUSED' }));

test('a member whose launch is spent is given up for another, and the next one not before a minute is over', async (t) => {
  let now = 1000;
  let added = 0;
  let isAnswering = false;
  const ports = {
    consul: { acquire: () => Promise.resolve('session') },
    etcd: {
      add: () => Promise.resolve(String(++added)),
      remove: () => Promise.resolve(),
      list: () => (isAnswering ? Promise.resolve({ clusterId: '', members: [{ id: '1', peerUrls: [] }] }) : nobody()),
      peer: nobody,
    },
    clock: { now: () => now },
    say: () => {},
  } as unknown as Ports;
  const joining = new Joining({ replaceDeadAfter: 60 } as Settings, ports);
  const seen = { ...given({}), indexes: { keys: '1', candidates: '1' } } as Look;
  const addedBy = async () => (await joining.look(seen)).attempt.added;
  const add = { do: 'add', via: 'http://10.0.0.2:2380' } as const;

  await joining.change(add, seen);
  t.is(await addedBy(), '1');
  joining.disown();
  t.is(await addedBy(), undefined);

  isAnswering = true;
  await joining.change(
    { do: 'remove', memberId: '1', peerUrls: [], via: add.via, why: '', own: undefined, members: 3 },
    seen,
  );
  isAnswering = false;
  await joining.change(add, seen);
  now += 59_000;
  joining.disown();
  t.is(await addedBy(), '2');
  now += 2000;
  joining.disown();
  t.is(await addedBy(), undefined);
});

test('a member that has told another address meanwhile is not removed', async (t) => {
  const removed: string[] = [];
  const ports = {
    etcd: {
      list: () => Promise.resolve({ clusterId: '', members: [{ id: '1', peerUrls: ['http://10.0.0.8:2380'] }] }),
      remove: (_: string, id: string) => Promise.resolve(removed.push(id)),
    },
    say: () => {},
  } as unknown as Ports;
  const seen = { ...given({}), indexes: { keys: '1', candidates: '1' } } as Look;
  const remove = (...peerUrls: string[]) =>
    new Joining({ replaceDeadAfter: 60 } as Settings, ports).change(
      { do: 'remove', memberId: '1', peerUrls, via: '', why: '', own: undefined, members: 3 },
      seen,
    );
  t.regex((await remove('http://10.0.0.1:2380')) ?? '', /changed meanwhile/);
  t.deepEqual(removed, []);
  t.is(await remove('http://10.0.0.8:2380'), undefined);
  t.deepEqual(removed, ['1']);
});

/** A joining host 1 that sees these lists at hosts by their number, and what it decides. */
async function joined(lists: Record<number, Membership>, change: Change) {
  const at = (url: string) => {
    const found = Object.entries(lists).find(([n]) => urlOf(Number(n)) === url)?.[1];
    return found ? Promise.resolve(found) : nobody();
  };
  const ports = {
    consul: { acquire: () => Promise.resolve('session') },
    etcd: { list: at, peer: at },
    clock: { now: () => 100_000 },
  } as unknown as Ports;
  const seen = { ...given(change), indexes: { keys: '1', candidates: '1' } } as Look;
  return decide(await new Joining({ replaceDeadAfter: 60 } as Settings, ports).look(seen));
}

const clusterId = record.cluster_id;
const wiped = { self: { incarnation: 'i9' }, candidates: known([peer(1, {}, { incarnation: 'i9' })]) };
const theirs = { clusterId, members: [own, voter(2), voter(3)] };

test('a member is not removed at whose address somebody answers', async (t) => {
  t.like(await joined({ 2: theirs, 3: theirs }, { ...wiped, keys: verified() }), { do: 'remove', memberId: own.id });
  const decision = await joined({ 1: theirs, 2: theirs, 3: theirs }, { ...wiped, keys: verified() });
  t.is(decision.do, 'wait');
  t.regex(JSON.stringify(decision), /something else answers at http:..10.0.0.1:2380 .*address right/);
});

test('a list in Consul that names strangers is not believed while a member that it leaves out says otherwise', async (t) => {
  const forged = { clusterId, members: [voter(9)] };
  const members = [{ id: voter(9).id, name: 'h9', peer_urls: [urlOf(9)], learner: false }];
  const keys = verified(record, [listKey('c', clusterId), { cluster_id: clusterId, members, size: 3 }]);
  t.like(await joined({ 9: forged }, { ...wiped, keys }), { do: 'add' });
  const caught = await joined({ 9: forged, 2: theirs }, { ...wiped, keys });
  t.regex(JSON.stringify(caught), /give different members/);
  // One that was in no birth is known by what it says in Consul.
  const late = known([...wiped.candidates.value, peer(5, {}, { state: 'member', cid: clusterId })]);
  const also = await joined({ 9: forged, 5: theirs }, { ...wiped, candidates: late, keys });
  t.regex(JSON.stringify(also), /give different members/);
  // A member that is of another cluster by now says nothing of this one.
  const gone = { clusterId: other.cluster_id, members: [voter(2)] };
  t.like(await joined({ 9: forged, 2: gone }, { ...wiped, keys }), { do: 'add' });
});

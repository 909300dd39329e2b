import test from 'ava';
import { launchKey, listKey } from '../sidekick/shared/keys.ts';
import { retiredText } from '../sidekick/shared/proof.ts';
import { makeRecord } from '../sidekick/shared/record.ts';
import { lostLines, saidEmpty } from './account.ts';
import type { Host } from './hosts.ts';
import { knownIn, reasonsAgainstLoss, type Situation } from './loss.ts';
import type { Reason } from './operator-error.ts';
import {
  BORN,
  host,
  key,
  keysOf,
  LOST,
  listOf,
  livedKeys,
  recordOf,
  settings,
  situation,
  strangersKey,
  wiped,
} from './operator-testing.ts';

const hosts = (...changes: Partial<Host>[]) => [1, 2, 3].map((n, index) => wiped(n, changes[index] ?? {}));
const born = recordOf(1, 2, 3);

function knownOf(seen: Situation) {
  const known = knownIn(settings, seen);
  if ('why' in known) throw new Error(known.why);
  return known;
}

/** Of an operator who says nothing else. */
const unsaid = (seen: Situation, lost: string[] = []) => reasonsAgainstLoss(seen, knownOf(seen), settings, lost);

/** Of an operator who has said of each host that says that its disk is empty that it is. */
function against(seen: Situation, lost: string[] = []): Reason[] {
  const known = knownOf(seen);
  const words = [...saidEmpty(known, seen.hosts, seen.keys, settings), ...lost];
  return reasonsAgainstLoss(seen, known, settings, words);
}

const about = (seen: Situation, lost: string[] = []) => against(seen, lost).map((reason) => reason.about);

const mark = (n: number, member: string, by = key) => {
  const proof = by.sign(retiredText('mycluster', `disk-${n}`, member));
  return { [`etcd3/mycluster/retired/disk-${n}`]: JSON.stringify({ name: `etcd-${n}`, member, proof }) };
};

test('a disk that an operator has signed off, and whose host is off, needs no word; a mark of anybody is none', (t) => {
  const id = '00000000000000aa';
  const off = host(4, { alive: false, meta: { state: 'member', member: id } });
  const seen = (values: Record<string, string>, list = listOf(born)) =>
    situation({ keys: keysOf({ ...livedKeys(born, list), ...values }), hosts: [...hosts(), off] });
  t.deepEqual(against(seen(mark(4, id))), []);
  const unsigned = { 'etcd3/mycluster/retired/disk-4': JSON.stringify({ name: 'etcd-4', member: id }) };
  for (const forged of [unsigned, mark(4, id, strangersKey)]) t.deepEqual(about(seen(forged)), ['etcd-4']);
  // While the list has it the host is asked for, for its mark may have been taken back.
  t.deepEqual(about(seen(mark(4, id), listOf(born, { id, n: 4 }))), ['etcd-4']);
});

test('V5: hosts with data that the catalog says are empty: each has to be named', (t) => {
  const forged = [1, 2, 3].map((n) => host(n, { meta: { state: 'empty' } }));
  for (const state of ['empty', 'launched']) {
    const seen = situation({ hosts: forged.map((one) => ({ ...one, meta: { ...one.meta, state } })) });
    const reasons = unsaid(seen);
    t.deepEqual(
      reasons.map((reason) => reason.about),
      ['etcd-1', 'etcd-2', 'etcd-3'],
    );
    const says = state === 'empty' ? 'its disk is empty' : 'etcd was launched on its disk and has no log there';
    for (const { why, remedy } of reasons) {
      t.true(why.endsWith(` of the last list is not accounted for: its host says that ${says}`), why);
      t.true(remedy.endsWith('say so: --lost etcd-1 etcd-2 etcd-3'), remedy);
    }
    t.deepEqual(
      unsaid(seen, ['etcd-2']).map((reason) => reason.about),
      ['etcd-1', 'etcd-3'],
    );
    t.true(unsaid(seen, ['etcd-2', 'x'])[0]?.remedy.endsWith('--lost etcd-1 etcd-2 etcd-3'));
    t.deepEqual(unsaid(seen, LOST), []);
  }
});

test('V5: a launch that the keys say came to no log is named all the same', (t) => {
  const launches = listOf(born).members.map(({ id }) => [
    launchKey('mycluster', born.cluster_id, id),
    JSON.stringify({ nonce: 'n', log: false }),
  ]);
  const keys = keysOf({ ...livedKeys(born), ...Object.fromEntries(launches) });
  const launched = [1, 2, 3].map((n) => host(n, { meta: { state: 'launched' } }));
  t.is(unsaid(situation({ keys, hosts: launched })).length, 3);
});

test("V5: a member that an operator has signed off needs no word, whatever its host says; not another's mark", (t) => {
  const [first, second] = listOf(born).members.map(({ id }) => id);
  const marked = (values: Record<string, string>) =>
    unsaid(situation({ keys: keysOf({ ...livedKeys(born), ...values }) })).map((reason) => reason.about);
  t.deepEqual(marked(mark(1, first ?? '')), ['etcd-2', 'etcd-3']);
  t.deepEqual(marked(mark(1, second ?? '')), ['etcd-1', 'etcd-3']);
  t.deepEqual(marked(mark(1, first ?? '', strangersKey)), LOST);
  const copied = mark(1, first ?? '')['etcd3/mycluster/retired/disk-1'] ?? '';
  t.deepEqual(marked({ 'etcd3/mycluster/retired/disk-2': copied }), LOST);
});

test('V5: a published list without a member of the record forgets nobody', (t) => {
  const list = listOf(born);
  const [gone] = list.members.splice(0, 1);
  const seen = situation({ keys: keysOf(livedKeys(born, list)), hosts: [wiped(2), wiped(3)] });
  const [reason, ...more] = against(seen);
  t.is(more.length, 0);
  t.is(reason?.about, 'etcd-1');
  const why = `member ${gone?.id} is of the record; the members' published list no longer has it, and is not accounted for`;
  t.true(reason?.why.startsWith(why), reason?.why);
  t.regex(reason?.remedy ?? '', /^If its disk is gone, say so: --lost etcd-1$/);
  t.deepEqual(against(seen, ['etcd-1']), []);
  t.deepEqual(against(seen, [gone?.id ?? '']), []);
  const running = situation({ ...seen, answers: { '10.0.0.1:2380': 'answers' } });
  t.regex(against(running, ['etcd-1'])[0]?.why ?? '', /listens at its peer port/);
  // Nor one that says that it is of another cluster, or nothing that can be read.
  const other = { ...list, cluster_id: 'f'.repeat(16) };
  t.deepEqual(about(situation({ ...seen, keys: keysOf(livedKeys(born, other)) })), ['etcd-1']);
  const unread = { ...livedKeys(born), [listKey('mycluster', born.cluster_id)]: '{' };
  t.deepEqual(about(situation({ ...seen, keys: keysOf(unread) })), ['etcd-1']);
});

test('V5: nor does an earlier record that is put in the place of the last one', (t) => {
  const next = { ...makeRecord(recordOf(2, 3, 4).members, 'next', BORN + 9), lineage: born.cluster_id };
  const seen = situation({ keys: keysOf({ ...livedKeys(born, listOf(next)) }) });
  t.true(about(seen).includes('etcd-4'));
  t.regex(against(seen)[0]?.why ?? '', /of the published list, which is of cluster/);
});

test('a member whose host was wiped and joined again: one name is both, and the plan says so', (t) => {
  const list = listOf(born, { id: '00000000000000aa', n: 1 });
  const [former] = list.members.splice(0, 1);
  const again = host(1, { meta: { incarnation: 'new-1', former: '00000000000000aa', wiped: 'other-1' } });
  const seen = situation({ keys: keysOf(livedKeys(born, list)), hosts: [again, wiped(2), wiped(3)] });
  t.is(unsaid(seen).filter((reason) => reason.about === 'etcd-1').length, 2);
  t.deepEqual(unsaid(seen, LOST), []);
  const lines = lostLines(knownOf(seen), seen.hosts, ['etcd-1']);
  t.is(lines.length, 2);
  t.regex(lines[0] ?? '', /^etcd-1: its disk is destroyed, or holds no data \(member 00000000000000aa at http:/);
  t.regex(lines[1] ?? '', new RegExp(`member ${former?.id} at .*, of the record; .*no host has its disk`));
  // Somewhere else it is not the same host.
  const elsewhere = list.members.map((one) =>
    one.name === 'etcd-1' ? { ...one, peer_urls: ['http://10.0.0.9:2380'] } : one,
  );
  const moved = situation({ ...seen, keys: keysOf(livedKeys(born, { ...list, members: elsewhere })) });
  t.deepEqual(
    unsaid(moved, LOST).map((reason) => reason.about),
    [former?.id ?? ''],
  );
});

test('a name that would be an option of the command is not one to type', (t) => {
  const list = listOf(born);
  for (const one of list.members) if (one.name === 'etcd-1') one.name = '--yes';
  const reasons = unsaid(situation({ keys: keysOf(livedKeys(born, list)) }));
  t.false(JSON.stringify(reasons).includes('--yes'));
});

test('where Consul has lost all and hosts remember a cluster, each of them may have been a member', (t) => {
  const lineage = born.cluster_id;
  const remembering = [host(1, { meta: { lineage } }), host(2)];
  const seen = situation({ keys: keysOf({}), hosts: remembering });
  const reasons = unsaid(seen);
  t.deepEqual(
    reasons.map((reason) => reason.about),
    ['etcd-1', 'etcd-2'],
  );
  t.regex(reasons[0]?.why ?? '', /^it says that its disk is empty, and may have been a member: no member has ever/);
  t.true(reasons[0]?.remedy.endsWith('--lost etcd-1 etcd-2'));
  t.deepEqual(unsaid(seen, ['etcd-1', 'etcd-2']), []);
  t.deepEqual(unsaid(situation({ keys: keysOf({}), hosts: [host(1)] })), []);
});

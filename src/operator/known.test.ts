import test from 'ava';
import { visible } from '../sidekick/host/text.ts';
import { lineageKey, listKey, recordKey } from '../sidekick/shared/keys.ts';
import { lineageOf, makeRecord } from '../sidekick/shared/record.ts';
import { type Known, knownOf, replacedBy } from './known.ts';
import {
  BORN,
  host,
  keysOf,
  listOf,
  livedKeys,
  NOW,
  recordOf,
  replaced,
  settings,
  strangersKey,
} from './operator-testing.ts';

const born = recordOf(1, 2, 3);
const lineage = born.cluster_id;
const other = makeRecord(recordOf(7, 8, 9).members, 'other', BORN);
const bootstrap = recordKey('mycluster');

function known(values: Record<string, string>, wanted?: string, hosts: ReturnType<typeof host>[] = []): Known {
  const found = knownOf(settings, keysOf(values), hosts, wanted, NOW);
  if ('why' in found) throw new Error(`${found.about}: ${found.why}. ${found.remedy}`);
  return found;
}

test('a birth alone: its own members, and nobody knows who joined later', (t) => {
  const seen = known({ [bootstrap]: JSON.stringify(born) });
  t.is(seen.lineage, lineage);
  t.deepEqual(
    seen.members.map(({ name, incarnation }) => `${name} ${incarnation}`),
    ['etcd-1 disk-1', 'etcd-2 disk-2', 'etcd-3 disk-3'],
  );
  t.regex(
    seen.incomplete ?? '',
    /no member has ever published a list at etcd3\/mycluster\/lineage\/[0-9a-f]{16}\/members/,
  );
});

test('the published list counts, not the birth', (t) => {
  const list = listOf(born, { id: '00000000000000aa', n: 4 });
  list.members.shift();
  const seen = known(livedKeys(born, list));
  t.deepEqual(
    seen.members.map(({ name, incarnation }) => `${name} ${incarnation}`),
    ['etcd-2 disk-2', 'etcd-3 disk-3', 'etcd-4 undefined'],
  );
  t.is(seen.incomplete, undefined);
  t.deepEqual(seen.notes, []);
});

test('a list of another cluster is not this one', (t) => {
  const list = { ...listOf(born), cluster_id: 'f'.repeat(16) };
  const seen = known(livedKeys(born, list));
  t.is(seen.list, undefined);
  t.is(seen.members.length, 3);
  t.regex(seen.incomplete ?? '', /the list at .* is of cluster ffffffffffffffff/);
});

test("an operator's record counts when it is signed, at whichever key", (t) => {
  const next = replaced(born);
  for (const at of [bootstrap, lineageKey('mycluster', lineage)]) {
    const seen = known({ ...livedKeys(born), [at]: JSON.stringify(next) });
    t.is(seen.record?.cluster_id, next.cluster_id);
    t.is(seen.lineage, lineage);
    t.is(seen.generation, next.generation);
  }
});

test('what a stranger has signed, or nobody, is told of and counts for nothing', (t) => {
  const { proof: _, ...unsigned } = replaced(born, { generation: NOW + 5 });
  for (const forged of [replaced(born, { by: strangersKey }), unsigned, { ...replaced(born), generation: NOW }]) {
    const seen = known({ ...livedKeys(born), [lineageKey('mycluster', lineage)]: JSON.stringify(forged) });
    t.is(seen.record?.cluster_id, born.cluster_id);
    t.is(seen.generation, BORN);
    t.regex(seen.notes.join(), /lineage\/.*none of the spec's keys has signed it: it is not believed/);
  }
});

test('rotation: either of two keys of the spec', (t) => {
  const next = replaced(born, { by: strangersKey });
  const both = { ...settings, operatorKeys: [...settings.operatorKeys, strangersKey.publicHalf] };
  const found = knownOf(both, keysOf({ ...livedKeys(born), [bootstrap]: JSON.stringify(next) }), [], undefined, NOW);
  t.like(found, { generation: next.generation });
});

test('garbage is named with what removes it, and the rest goes on', (t) => {
  const values = livedKeys(born);
  for (const [at, rest] of [
    [bootstrap, 'the record'],
    [lineageKey('mycluster', lineage), 'the record'],
    [listKey('mycluster', lineage), 'no list'],
    ['etcd3/mycluster/retired/disk-1', 'the record'],
  ] as const) {
    for (const text of ['{"generation": oops', '{', '{"members":[]}', '\u001b[31m{']) {
      if (at.includes('retired') && !text.startsWith('{')) continue;
      const seen = known({ ...values, [at]: text });
      t.is(seen.lineage, lineage);
      t.is(seen.record?.cluster_id, born.cluster_id);
      t.is(seen.incomplete === undefined, rest === 'the record', at);
      if (at.includes('retired') && text === '{"members":[]}') continue;
      t.is(seen.notes.length, 1, `${at}: ${text}`);
      t.regex(seen.notes[0] ?? '', new RegExp(`^${at} cannot be read .*to remove it: consul kv delete ${at}$`));
      t.is(visible(seen.notes.join(), 1000), seen.notes.join());
    }
  }
});

test('garbage at every record: the list is left, and the lineage by its key', (t) => {
  const seen = known({ ...livedKeys(born), [bootstrap]: '{', [lineageKey('mycluster', lineage)]: 'x' });
  t.like(seen, { lineage, record: undefined, incomplete: undefined });
  t.is(seen.members.length, 3);
  t.is(seen.notes.length, 2);
});

test('two lineages are named, and one has to be chosen', (t) => {
  const values = { ...livedKeys(born), [lineageKey('mycluster', other.cluster_id)]: JSON.stringify(other) };
  const error = t.throws(() => known(values));
  t.regex(error?.message ?? '', /^mycluster: Consul has 2 clusters of this name/);
  for (const text of [lineage, other.cluster_id, 'etcd-1, etcd-2, etcd-3', 'etcd-7, etcd-8, etcd-9', '--lineage']) {
    t.true(error?.message.includes(text), text);
  }
  t.is(known(values, other.cluster_id).record?.cluster_id, other.cluster_id);
  const mine = known(values, lineage);
  t.is(mine.record?.cluster_id, born.cluster_id);
  t.regex(mine.notes.join(), /is of lineage .*: etcd-7, etcd-8, etcd-9/);
  t.regex(t.throws(() => known(values, 'aaaa'))?.message ?? '', /knows nothing of lineage aaaa\. Name one of/);
});

test('a birth beside a lineage that lives decides nothing, unless a host knows it', (t) => {
  const values = { ...livedKeys(born), [bootstrap]: JSON.stringify(other) };
  t.is(known(values).lineage, lineage);
  const there = host(7, { meta: { lineage: other.cluster_id, state: 'member' } });
  t.throws(() => known(values, undefined, [there]), { message: /2 clusters of this name/ });
});

test('when Consul has lost all, hosts remember their lineage', (t) => {
  const seen = known({}, undefined, [host(1, { meta: { lineage } }), host(2)]);
  t.like(seen, { lineage, record: undefined });
  t.like(known({}), { lineage: undefined, generation: 0, members: [] });
});

test('a generation of the future that nobody has signed does not count', (t) => {
  const odd = { ...born, generation: 9_999_999_999 };
  const seen = known({ ...livedKeys(born), [bootstrap]: JSON.stringify(odd) });
  t.is(seen.generation, BORN);
  t.regex(seen.notes.join(), /bootstrap has the generation 9999999999, which lies in the future/);
});

test('both keys are replaced, each in the version that was read; never the birth of another cluster', (t) => {
  const at = lineageKey('mycluster', lineage);
  const replaces = (values: Record<string, string>) =>
    replacedBy(settings, keysOf(values), lineage).map(({ key, modified }) => `${key} ${modified}`);
  t.deepEqual(replaces(livedKeys(born)), [`${at} 18`, `${bootstrap} 17`]);
  t.deepEqual(replaces({ [bootstrap]: JSON.stringify(born) }), [`${at} 0`, `${bootstrap} 17`]);
  t.deepEqual(replaces({ [bootstrap]: '{', [at]: '{' }), [`${at} 18`, `${bootstrap} 17`]);
  t.deepEqual(replaces({ [bootstrap]: JSON.stringify(other) }), [`${at} 0`]);
  t.is(lineageOf(replaced(born)), lineage);
});

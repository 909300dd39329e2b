import test from 'ava';
import { decide } from '../ready/decide.ts';
import type { Observed } from '../ready/observed.ts';
import { memberId } from '../shared/cluster-id.ts';
import { needed, seeing } from './needed.ts';

type Joining = Observed & { membership: { known: true; value: { members: { id: string; name: string }[] } } };

/** The same, of a host that asks a cluster to let it in. */
const joining = (change: (seen: Joining) => Observed) =>
  seeing((seen) => (seen.membership?.known && !seen.self.wal ? change(seen as Joining) : seen));

const mineIn = ({ self, membership }: Joining) =>
  membership.value.members.find(({ peerUrls }) => peerUrls.includes(self.peerUrl));
const attempting = (seen: Joining, added: string | undefined): Observed => ({
  ...seen,
  attempt: { ...seen.attempt, added },
});

const anyUnstarted = joining((seen) => {
  const mine = mineIn(seen);
  return mine?.name === '' ? attempting(seen, mine.id) : seen;
});
test('3: only the member that this attempt added', needed, anyUnstarted, /second time|lost an acknowledged/);

const anyMember = joining((seen) => attempting(seen, mineIn(seen)?.id));
test('3: never the member that it was', needed, anyMember, /second time|lost an acknowledged/);

const untouched = seeing((seen) => ({ ...seen, self: { ...seen.self, untouched: !seen.self.wal } }));
test('2, 3: launched once more only where there never was a log', needed, untouched, /second time|lost an ack/);

const asListed = seeing((seen) => {
  const record = seen.record.known ? seen.record.value : undefined;
  const mine = record?.members.find(({ incarnation }) => incarnation === seen.self.incarnation);
  if (!record || !mine || !seen.self.untouched || seen.membership?.known) return seen;
  return { ...seen, self: { ...seen.self, memberId: memberId(mine.peer_url, record.token) } };
});
test(
  '2: launched as another member, it is no longer the listed one',
  needed,
  asListed,
  /second time|is a learner still/,
);

const anybodyDead = joining((seen) => ({
  ...seen,
  // Of one member nobody is removed.
  dead: seen.membership.value.members.flatMap(({ peerUrls }, _, { length }) => (length > 1 ? peerUrls : [])),
}));
test('3: removes only itself and the dead', needed, anybodyDead, /was there a moment ago/);

const nobodyDead = seeing((seen) => ({ ...seen, dead: [] }));
test('3: removes the dead', needed, nobodyDead, /is dead/);

const keeping = {
  decide: (seen: Observed) => {
    const decision = decide(seen);
    return decision.do === 'set-aside' ? ({ do: 'start' } as const) : decision;
  },
};
test('1: data of a removed member is set aside', needed, keeping, /is no member|with the data there|another cluster/);

const unretired = seeing((seen) => ({ ...seen, retired: false }));
test('a retired disk stays out', needed, unretired, /was retired, and is back/);

const extra = joining((seen) => ({ ...seen, self: { ...seen.self, size: 9 } }));
test('3: no more members than wanted', needed, extra, /2 members where 1/);

const unforgiving = seeing(({ self, ...seen }) => ({
  ...seen,
  self: { ...self, quarantined: self.wal ? self.quarantined : undefined },
}));
test('2: what was set aside has promised nothing here', needed, unforgiving, /no quorum runs/);

const blindToRecord = seeing((seen) => ({
  ...seen,
  record: seen.self.wal ? { known: false, cause: 'not looked at' } : seen.record,
}));
test('1: data of another cluster does not start', needed, blindToRecord, /in another cluster/);

const oneGeneration = seeing((seen) => {
  const { record } = seen.self;
  if (record === undefined || !seen.record.known || seen.record.value === undefined) return seen;
  return { ...seen, self: { ...seen.self, record: { ...record, generation: seen.record.value.generation } } };
});
test("2: an operator's reset begins anew", needed, oneGeneration, /after an operator's reset|waits|no quorum/);

const unknowing = seeing((seen) => ({ ...seen, self: { ...seen.self, cloned: false, launchedAt: seen.self.peerUrl } }));
test('1: a copied disk does not start', needed, unknowing, /run the same member/);

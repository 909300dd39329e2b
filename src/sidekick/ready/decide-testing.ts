import test from 'ava';
import { lineageKey, recordKey, sortKeys } from '../shared/keys.ts';
import type { Entry, Member, Membership } from '../shared/ports.ts';
import { type ClusterRecord, lineageOf, makeRecord, memberIdOf } from '../shared/record.ts';
import { decide } from './decide.ts';
import type { Answer, Decision, Observed, Peer, Probe } from './observed.ts';

export const peer = (n: number, change: Partial<Peer> = {}, meta: Record<string, string> = {}): Peer => ({
  node: `h${n}`,
  id: `h${n}-server`,
  address: `10.0.0.${n}`,
  port: 2380,
  peerUrl: urlOf(n),
  meta: { incarnation: `i${n}`, state: 'empty', size: '3', scheme: 'http', ...meta },
  ...change,
});
export const urlOf = (n: number) => `http://10.0.0.${n}:2380`;
export const three = [peer(1), peer(2), peer(3)];
export const members = three.map((p) => ({ name: p.node, incarnation: p.meta.incarnation ?? '', peer_url: p.peerUrl }));
export const record = makeRecord(members, 'token', 1000);
export const other = makeRecord(members, 'other', 1000);
export const ownId = memberIdOf(record, 'i1') ?? '';
const nobody = { state: 'nothing' } as const;
export const log = { state: 'log', clusterId: record.cluster_id, memberId: ownId } as const;
const PLACE = { location: 'fs:/var/lib/etcd', mounted: false };

export const known = <T>(value: T) => ({ known: true, value }) as const;
export const silent = { known: false, cause: 'Consul has no leader' } as const;

/** Consul's keys, each of version 7. */
export const keys = (...entries: [key: string, value: object | string][]) =>
  known(
    sortKeys(
      'c',
      entries.map(([key, value]): Entry => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        return { key: key.startsWith('etcd3/') ? key : `etcd3/c/${key}`, value: text, modified: 7 };
      }),
    ),
  );
/** The record at birth, and once it was verified. */
export const born = (one: ClusterRecord = record) => keys([recordKey('c'), one]);
export const verified = (one: ClusterRecord = record, ...more: [string, object | string][]) =>
  keys([recordKey('c'), one], [lineageKey('c', lineageOf(one)), one], ...more);

/** Everybody is there, and nothing answers yet. */
export const seenAll: Probe = {
  answering: [],
  absent: known([]),
  strangers: [],
  started: new Set(),
  dns: known('agrees'),
};

const base: Observed = {
  self: {
    name: 'h1',
    peerUrl: urlOf(1),
    size: 3,
    scheme: 'http',
    incarnation: 'i1',
    phase: 'fresh',
    data: nobody,
    agreed: undefined,
    record: undefined,
    signed: undefined,
    seen: undefined,
    list: undefined,
    memberId: undefined,
    launchedAt: undefined,
    loggedAt: undefined,
    nonce: undefined,
    since: undefined,
    untouched: false,
    place: undefined,
    here: PLACE,
    cloned: false,
    volume: false,
    asksDns: false,
    unfit: undefined,
  },
  keys: keys(),
  proven: new Set(),
  candidates: known(three),
  leftOut: '',
  probe: seenAll,
  token: 'token',
  date: 1000,
  roll: undefined,
  patience: 60_000,
  dead: [],
  attempt: { added: undefined, replaced: false },
};

export type Change = Omit<Partial<Observed>, 'self'> & { self?: Partial<Observed['self']> };
export const given = ({ self, ...rest }: Change): Observed => ({ ...base, ...rest, self: { ...base.self, ...self } });

export const gives = test.macro((t, change: Change, expected: Decision['do'], cause?: RegExp) => {
  const decision = decide(given(change));
  t.is(decision.do, expected, JSON.stringify(decision));
  const said = 'cause' in decision ? decision.cause : 'below' in decision ? decision.below : '';
  t.regex(said ?? '', cause ?? /^$/);
});

export const voter = (n: number, change: Partial<Member> = {}): Member => ({
  id: `000000000000000${n}`,
  name: `h${n}`,
  peerUrls: [urlOf(n)],
  clientUrls: [`http://10.0.0.${n}:2379`],
  isLearner: false,
  ...change,
});
export const own = voter(1, { id: ownId });

export const listed = (list: Member[], clusterId = record.cluster_id): Answer => ({
  is: 'list',
  list: { clusterId, members: list } satisfies Membership,
});
export const mute: Answer = { is: 'mute', cause: 'etcdserver: no leader' };
export const quiet = (since = 0): Answer => ({ is: 'silent', since });

/** Words of hosts of these numbers; at 100 seconds. */
export const rolled = (answers: Record<number, Answer>, asked: number[] = [2, 3]) => ({
  roll: known({
    base: asked.map(urlOf),
    answers: new Map(Object.entries(answers).map(([n, answer]) => [urlOf(Number(n)), answer])),
    now: 100_000,
  }),
});
/** Two and three give the same list. */
export const agreed = (list: Member[], clusterId?: string) =>
  rolled({ 2: listed(list, clusterId), 3: listed(list, clusterId) });

/** A disk on which this host's member of the record was launched. */
export const launched = {
  phase: 'launched',
  record,
  memberId: ownId,
  launchedAt: urlOf(1),
  nonce: 'n1',
} as const;
export const place = (change: object = {}) => ({
  ...PLACE,
  incarnation: 'i1',
  nonce: 'n1',
  memberId: ownId,
  lineage: record.cluster_id,
  generation: record.generation,
  ...change,
});

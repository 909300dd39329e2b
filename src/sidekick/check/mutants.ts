import { RULES, type Rules } from '../model/rules.ts';
import type { Observed, Peer } from '../ready/observed.ts';
import type { Found, Keys } from '../shared/keys.ts';
import type { Entry, Ports } from '../shared/ports.ts';
import { makeRecord, membersOf } from '../shared/record.ts';

/** The programs with one of their rules taken out, and what happens then. */
export interface Mutant {
  rule: string;
  rules: Rules;
  breaks: RegExp;
}

const { decide } = RULES.sidekick;

/** As if something else had been seen. */
function seeing(rule: string, change: (seen: Observed) => Observed, breaks: RegExp): Mutant {
  return { rule, breaks, rules: { ...RULES, sidekick: { ...RULES.sidekick, decide: (seen) => decide(change(seen)) } } };
}

/** As if Consul had other keys. */
function reading(rule: string, change: (keys: Keys) => Keys, breaks: RegExp): Mutant {
  return seeing(
    rule,
    (seen) => (seen.keys.known ? { ...seen, keys: { known: true, value: change(seen.keys.value) } } : seen),
    breaks,
  );
}

/** As if programs did less. */
function doing(rule: string, change: (ports: Ports, kind: string) => Ports, breaks: RegExp): Mutant {
  return { rule, breaks, rules: { ...RULES, ports: (ports, { kind }) => change(ports, kind) } };
}

/** As if puts at some keys were forgotten. */
const withoutPuts = (
  rule: string,
  isForgotten: (key: string, value: string, ports: Ports) => boolean,
  breaks: RegExp,
) =>
  doing(
    rule,
    (ports) =>
      withConsul(ports, {
        put: async (key, value, modified) => {
          if (!isForgotten(key, value, ports)) await ports.consul.put(key, value, modified);
        },
      }),
    breaks,
  );

const withConsul = (ports: Ports, change: Partial<Ports['consul']>): Ports => ({
  ...ports,
  consul: { ...ports.consul, ...change },
});

/** As if Consul knew of no launch but the one that this gate has just written. */
function withoutLaunches(ports: Ports): Ports {
  const own: Entry[] = [];
  const isLaunch = (key: string) => key.includes('/launch/');
  return withConsul(ports, {
    put: async (key, value, modified) => {
      await ports.consul.put(key, value, modified);
      if (isLaunch(key)) own.splice(0, 1, { key, value, modified: 1 });
    },
    keys: async (timeout) => {
      const { value, index } = await ports.consul.keys(timeout);
      return { value: [...value.filter(({ key }) => !isLaunch(key)), ...own], index };
    },
  });
}

/** Where the data lies, as it is when somebody wants to know. */
function lateHere({ disk }: Ports) {
  return {
    get location() {
      return disk.here().location;
    },
    get mounted() {
      return disk.here().mounted;
    },
  };
}

const candidatesAs = (seen: Observed, change: (peer: Peer, all: Peer[]) => Peer): Observed =>
  seen.candidates.known
    ? { ...seen, candidates: { known: true, value: seen.candidates.value.map((one, _, all) => change(one, all)) } }
    : seen;

const instead = (rule: string, act: (seen: Observed) => ReturnType<typeof decide>, breaks: RegExp): Mutant => ({
  rule,
  breaks,
  rules: { ...RULES, sidekick: { ...RULES.sidekick, decide: act } },
});

/** As if nothing spoke against data that is moved aside for this reason. */
const startingAll = (rule: string, why: RegExp, breaks: RegExp) =>
  instead(
    rule,
    (seen) => {
      const decision = decide(seen);
      return decision.do === 'set-aside' && why.test(decision.why) ? { do: 'start' } : decision;
    },
    breaks,
  );

export const MUTANTS: Mutant[] = [
  seeing(
    '1: a log starts',
    (seen) => ({ ...seen, self: { ...seen.self, data: { state: 'nothing' } } }),
    /does not start|removed its own member/,
  ),
  seeing(
    '1: a copied disk does not start',
    (seen) => ({ ...seen, self: { ...seen.self, cloned: false } }),
    /run the same/,
  ),
  seeing(
    '1: a log that is alone starts where its member is by the log itself',
    (seen) => ({ ...seen, self: { ...seen.self, loggedAt: undefined } }),
    /run the same/,
  ),
  seeing(
    "1: an operator's signed record stops older data",
    (seen) => ({ ...seen, proven: new Set() }),
    /another cluster|no quorum runs|is dead/,
  ),
  {
    rule: '1: a record that nobody has signed stops nobody',
    breaks: /by somebody's word|does not start/,
    rules: { ...RULES, sidekick: { ...RULES.sidekick, isSigned: (_, proof) => proof !== undefined } },
  },
  startingAll(
    '1: the log of a removed member is set aside',
    /has removed its member/,
    /did not start|is no member|is dead/,
  ),
  doing(
    '2: a launch that Consul knows is spent',
    (ports, kind) => (kind === 'gate' ? withoutLaunches(ports) : ports),
    /second time/,
  ),
  reading(
    '2: whose launch is spent joins',
    (keys) => ({ ...keys, launches: new Map() }),
    /does not say that this launch/,
  ),
  seeing(
    '2: a launch is remembered outside the data directory',
    (seen) => ({ ...seen, self: { ...seen.self, place: seen.self.place && { ...seen.self.place, memberId: '' } } }),
    /second time/,
  ),
  seeing(
    '2: it is remembered outside that a launch has come to have a log',
    (seen) => ({ ...seen, self: { ...seen.self, place: seen.self.place && { ...seen.self.place, ran: undefined } } }),
    /second time/,
  ),
  withoutPuts(
    '2: members write that a launch has come to have a log',
    (key, value) => key.includes('/launch/') && value.includes('"log":true'),
    /second time|lost an ack/,
  ),
  seeing(
    '2: only the very disk that the record names',
    (seen) => {
      if (!seen.keys.known) return seen;
      const { peerUrl, incarnation } = seen.self;
      const asNamed = ({ record, entry }: Found): Found => ({
        entry,
        record: {
          ...record,
          members: record.members.map((one) => (one.peer_url === peerUrl ? { ...one, incarnation } : one)),
        },
      });
      const { bootstrap, records } = seen.keys.value;
      const value = {
        ...seen.keys.value,
        bootstrap: bootstrap && asNamed(bootstrap),
        records: new Map([...records].map(([lineage, found]) => [lineage, asNamed(found)])),
      };
      return { ...seen, keys: { known: true, value } };
    },
    /second time/,
  ),
  instead(
    '2: a record that no host here has made founds no cluster',
    (seen) => {
      const keys = seen.keys.known ? seen.keys.value : undefined;
      const found = [...(keys?.records.values() ?? []), ...(keys?.bootstrap ? [keys.bootstrap] : [])];
      const own = found.find(({ record }) => record.members.some((one) => one.incarnation === seen.self.incarnation));
      if (own === undefined) return decide(seen);
      const { record } = own;
      const self = { ...seen.self, agreed: membersOf(record), size: record.size };
      return decide({ ...seen, self, probe: seen.probe && { ...seen.probe, strangers: [] } });
    },
    /founded cluster/,
  ),
  doing(
    '2: launched again only where the mark is',
    (ports) => ({ ...ports, disk: { ...ports.disk, mark: () => ports.disk.identity().nonce } }),
    /second time/,
  ),
  doing(
    '2: where data lies is looked at before it',
    (ports) => ({ ...ports, disk: { ...ports.disk, here: () => lateHere(ports) } }),
    /removed its own member/,
  ),
  seeing(
    '2: data that is on another filesystem is missing, not wiped',
    (seen) => ({
      ...seen,
      self: { ...seen.self, place: seen.self.place && { ...seen.self.place, location: seen.self.here.location } },
    }),
    /removed its own member|no quorum/,
  ),
  seeing(
    '3: only the dead are removed',
    (seen) => {
      const answers = seen.roll?.known ? [...seen.roll.value.answers.keys()] : [];
      return { ...seen, dead: answers };
    },
    /was there a moment ago/,
  ),
  seeing('3: the dead are removed', (seen) => ({ ...seen, dead: [] }), /is dead/),
  seeing(
    '3: who is not in the list can speak against it',
    (seen) => {
      if (!seen.roll?.known) return seen;
      const { base, answers } = seen.roll.value;
      const named = [...answers].flatMap(([url, one]) =>
        one.is === 'list' && base.includes(url) ? one.list.members.flatMap(({ peerUrls }) => peerUrls) : [],
      );
      const asked = [...answers].filter(([url]) => base.includes(url) || named.includes(url));
      return { ...seen, roll: { known: true, value: { ...seen.roll.value, answers: new Map(asked) } } };
    },
    /pass for its cluster/,
  ),
  reading(
    '3: as many members as were last agreed',
    (keys) => ({
      ...keys,
      lists: new Map([...keys.lists].map(([name, one]) => [name, { ...one, list: { ...one.list, size: 1 } }])),
    }),
    /waits, with/,
  ),
  instead(
    '4: exactly as many as the spec says',
    (seen) => {
      if (!seen.candidates.known) return decide(seen);
      const size = seen.candidates.value.length;
      return decide(
        candidatesAs({ ...seen, self: { ...seen.self, size } }, (peer) => ({
          ...peer,
          meta: { ...peer.meta, size: String(size) },
        })),
      );
    },
    /members where|two clusters|second cluster/,
  ),
  seeing(
    '4: who has seen a cluster founds no other',
    (seen) =>
      candidatesAs({ ...seen, self: { ...seen.self, seen: undefined } }, ({ meta: { seen: _, ...meta }, ...peer }) => ({
        ...peer,
        meta,
      })),
    /second cluster|two clusters/,
  ),
  instead(
    '5: no time-out opens the gate',
    (seen) => {
      const decision = decide(seen);
      if (decision.do !== 'wait' || seen.self.data.state === 'log' || (seen.keys.known && seen.keys.value.bootstrap))
        return decision;
      const { name, incarnation, peerUrl } = seen.self;
      const record = makeRecord([{ name, incarnation, peer_url: peerUrl }], 'time-out', 1);
      return { do: 'propose', record };
    },
    /members where|two clusters|second cluster|second time/,
  ),
  withoutPuts(
    'Consul: a healthy quorum puts its own record back',
    (key, _, { disk }) => /\/(?:record|bootstrap)$/.test(key) && disk.data().state === 'log',
    /no record in Consul/,
  ),
  seeing(
    'plain: who may lie is not enough',
    (seen) => (seen.roll ? { ...seen, self: { ...seen.self, scheme: 'https' } } : seen),
    /aside/,
  ),
  doing(
    'srv: etcd is stopped in a cluster that was not the predicted one',
    (ports, kind) => (kind === 'assert' ? { ...ports, etcd: { ...ports.etcd, stop: () => {} } } : ports),
    /another cluster/,
  ),
  startingAll('srv: the log of such a cluster is set aside', /not the predicted one/, /is dead|another cluster/),
];

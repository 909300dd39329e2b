import type { Observed, Peer } from '../ready/observed.ts';
import type { Keys } from '../shared/keys.ts';
import type { Ports } from '../shared/ports.ts';
import { makeRecord } from '../shared/record.ts';
import { RULES, type Rules } from './rules.ts';

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
const withoutPuts = (rule: string, isForgotten: (key: string, value: string) => boolean, breaks: RegExp) =>
  doing(
    rule,
    (ports) => ({
      ...ports,
      consul: {
        ...ports.consul,
        put: async (key, value, modified) => {
          if (!isForgotten(key, value)) await ports.consul.put(key, value, modified);
        },
      },
    }),
    breaks,
  );

const candidatesAs = (seen: Observed, change: (peer: Peer, all: Peer[]) => Peer): Observed =>
  seen.candidates.known
    ? { ...seen, candidates: { known: true, value: seen.candidates.value.map((one, _, all) => change(one, all)) } }
    : seen;

const instead = (rule: string, act: (seen: Observed) => ReturnType<typeof decide>, breaks: RegExp): Mutant => ({
  rule,
  breaks,
  rules: { ...RULES, sidekick: { ...RULES.sidekick, decide: act } },
});

export const MUTANTS: Mutant[] = [
  seeing(
    '1: a log starts',
    (seen) => ({ ...seen, self: { ...seen.self, data: { state: 'nothing' } } }),
    /did not start|does not start|second time|moved|lost/,
  ),
  seeing(
    '1: a copied disk does not start',
    (seen) => ({ ...seen, self: { ...seen.self, cloned: false } }),
    /run the same/,
  ),
  seeing(
    "1: an operator's signed record stops older data",
    (seen) => ({ ...seen, proven: new Set() }),
    /another cluster|retired|waits|no quorum/,
  ),
  {
    rule: '1: a record that nobody has signed stops nobody',
    breaks: /by somebody's word|does not start/,
    rules: { ...RULES, sidekick: { ...RULES.sidekick, isSigned: (_, proof) => proof !== undefined } },
  },
  instead(
    '1: the log of a removed member is set aside',
    (seen) => {
      const decision = decide(seen);
      return decision.do === 'set-aside' ? { do: 'start' } : decision;
    },
    /is no member|waits|did not start|another cluster/,
  ),
  reading(
    '2: a launch that Consul knows is spent',
    (keys) => ({ ...keys, launches: new Map() }),
    /second time|lost an ack|does not say that this launch/,
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
      const records = [
        ...seen.keys.value.records.values(),
        ...(seen.keys.value.bootstrap ? [seen.keys.value.bootstrap] : []),
      ];
      const mine = records.flatMap(({ record }) => record.members).find((one) => one.peer_url === seen.self.peerUrl);
      return mine ? { ...seen, self: { ...seen.self, incarnation: mine.incarnation } } : seen;
    },
    /second time|lost|waits/,
  ),
  seeing(
    '2: launched again only where the mark is',
    (seen) => ({ ...seen, self: { ...seen.self, untouched: seen.self.data.state !== 'log' } }),
    /second time|over a database|lost/,
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
    (key, value) => key.endsWith('/record') && !value.includes('"proof"'),
    /waits|no quorum/,
  ),
  seeing(
    'plain: who may lie is not enough',
    (seen) => ({ ...seen, self: { ...seen.self, scheme: 'https' } }),
    /aside|does not start|never comes to rest|waits/,
  ),
  doing(
    'srv: etcd is stopped in a cluster that was not the predicted one',
    (ports, kind) => (kind === 'assert' ? { ...ports, etcd: { ...ports.etcd, stop: () => {} } } : ports),
    /another cluster|dead|waits/,
  ),
];

import type { EventName, ModelEvent } from '../model/play.ts';
import type { Schedule } from './check.ts';

/** The shortest schedule that was found with one rule taken out, and how long that took: seed 1. */
export interface Case {
  rule: string;
  /** Schedules until it was found. */
  after: number;
  /** Of one processor. */
  seconds: number;
  schedule: Schedule;
}

/** The hosts, and what they are else; of each event its name, the host and the way in which it happens. */
export function on(terms: string, text: string): Schedule {
  const words = text === '' ? [] : text.split(', ');
  const events = words.map((one): ModelEvent => {
    const [name = '', host, way] = one.split(' ');
    return { name: name as EventName, host: Number(host), way: Number(way) };
  });
  return {
    size: Number.parseInt(terms, 10),
    discovery: terms.includes('srv') ? 'srv' : 'committed',
    scheme: terms.includes('https') ? 'https' : 'http',
    volumes: terms.includes('volumes'),
    events,
  };
}

export const CASES: Case[] = [
  {
    rule: '1: a copied disk does not start',
    after: 2880,
    seconds: 16.4,
    schedule: on('1', 'settle 0 0, spare 0 0, clone 0 0'),
  },
  {
    rule: '1: a log that is alone starts where its member is by the log itself',
    after: 1720,
    seconds: 13.3,
    schedule: on(
      '1',
      'settle 0 0, settle 0 0, settle 0 0, isolate 0 0, spare 0 0, lose-identity 0 0, clone 4 0, settle 0 0',
    ),
  },
  {
    rule: '1: a log starts',
    after: 1,
    seconds: 0.1,
    schedule: on('1', 'settle 0 0, crash 0 0'),
  },
  {
    rule: '1: a record that nobody has signed stops nobody',
    after: 62,
    seconds: 0.4,
    schedule: on('1', 'settle 0 0, lie-record 0 11'),
  },
  {
    rule: "1: an operator's signed record stops older data",
    after: 1281,
    seconds: 10.7,
    schedule: on(
      '1',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, retire 6 0, spare 0 0, leader-lost 0 0, settle 0 0, leader-found 0 0, settle 0 0, isolate 1 0, settle 0 0, settle 0 0, settle 0 0, settle 0 0',
    ),
  },
  {
    rule: '1: the log of a removed member is set aside',
    after: 131,
    seconds: 1.6,
    schedule: on('3 volumes', 'settle 0 0, settle 0 0, settle 0 0, unmount 0 0, settle 0 0, retire 0 0'),
  },
  {
    rule: '2: a launch is remembered outside the data directory',
    after: 100,
    seconds: 7,
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, wipe 6 0, machine-goes-back 1 2, lose-mark 1 0, lie-birth 1 0, settle 0 0, go-back 5 12',
    ),
  },
  {
    rule: '2: it is remembered outside that a launch has come to have a log',
    after: 204,
    seconds: 8.6,
    schedule: on('1', 'settle 0 0, settle 0 0, settle 0 0, go-back 0 3, kv-lost 0 0, settle 0 0'),
  },
  {
    rule: '2: a launch that Consul knows is spent',
    after: 20,
    seconds: 0.5,
    schedule: on('1', 'settle 0 0, machine-goes-back 2 0'),
  },
  {
    rule: '2: a record that no host here has made founds no cluster',
    after: 72,
    seconds: 0.5,
    schedule: on('3', 'settle 0 0, lie-birth 0 0, settle 0 0'),
  },
  {
    rule: '2: data that is on another filesystem is missing, not wiped',
    after: 4,
    seconds: 0.1,
    schedule: on('1 volumes', 'unmount 0 0, settle 0 0, unmount 0 0'),
  },
  {
    rule: '2: launched again only where the mark is',
    after: 217,
    seconds: 3.9,
    schedule: on('1', 'settle 0 0, lose-log 0 0, kv-lost 0 0, lose-place 0 0'),
  },
  {
    rule: '2: members write that a launch has come to have a log',
    after: 68,
    seconds: 1,
    schedule: on('1', 'settle 0 0, settle 0 0, settle 0 0, kv-lost 0 0, settle 0 0, go-back 0 0, lose-place 0 0'),
  },
  {
    rule: '2: only the very disk that the record names',
    after: 214,
    seconds: 4.1,
    schedule: on('1', 'settle 0 0, wipe 0 0, delete-key 5 9'),
  },
  {
    rule: '2: where data lies is looked at before it',
    after: 1847,
    seconds: 9.1,
    schedule: on('3 volumes', 'settle 0 0, unmount 2 0, settle 0 0, step 2 0'),
  },
  {
    rule: '2: whose launch is spent joins',
    after: 20,
    seconds: 0.3,
    schedule: on('3', 'settle 0 0, machine-goes-back 2 0'),
  },
  {
    rule: '3: as many members as were last agreed',
    after: 118,
    seconds: 1.3,
    schedule: on(
      '3',
      'settle 0 0, spare 0 0, grow 0 0, settle 0 0, isolate 0 0, settle 0 0, settle 0 0, settle 0 0, settle 0 0',
    ),
  },
  {
    rule: '3: only the dead are removed',
    after: 1,
    seconds: 0.1,
    schedule: on('3', 'settle 0 0, wipe 0 0'),
  },
  {
    rule: '3: the dead are removed',
    after: 24,
    seconds: 0.4,
    schedule: on('3', 'settle 0 0, readdress 0 0'),
  },
  {
    rule: '3: who is not in the list can speak against it',
    after: 2551,
    seconds: 12.1,
    schedule: on('5', 'settle 0 0, settle 0 0, lose-member 0 0, pose-as-cluster 0 0, settle 0 0'),
  },
  {
    rule: '4: exactly as many as the spec says',
    after: 1,
    seconds: 0,
    schedule: on('3', ''),
  },
  {
    rule: '4: who has seen a cluster founds no other',
    after: 296,
    seconds: 1.7,
    schedule: on('1', 'settle 0 0, settle 0 0, settle 0 0, spare 0 0, settle 0 0, consul-wiped 0 0, go 1 0'),
  },
  {
    rule: '5: no time-out opens the gate',
    after: 1,
    seconds: 0,
    schedule: on('3', ''),
  },
  {
    rule: 'Consul: a healthy quorum puts its own record back',
    after: 22,
    seconds: 0.6,
    schedule: on('5', 'settle 0 0, lie-birth 0 0'),
  },
  {
    rule: 'plain: who may lie is not enough',
    after: 14375,
    seconds: 64.8,
    schedule: on(
      '1',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, readdress 1 0, go-back 0 0, answer-falsely 1 2, settle 0 0, settle 0 0, settle 0 0, settle 0 0',
    ),
  },
  {
    rule: 'srv: etcd is stopped in a cluster that was not the predicted one',
    after: 3987,
    seconds: 15.9,
    schedule: on('5 srv', 'cut-dns 3 9, settle 0 0, settle 0 0'),
  },
  {
    rule: 'srv: the log of such a cluster is set aside',
    after: 3987,
    seconds: 14.7,
    schedule: on('5 srv', 'cut-dns 3 9, settle 0 0, settle 0 0'),
  },
];

/** Of a condition that is not a rule's: written by hand. */
export const GAP = {
  rule: '3: who was not looked at for a while may have been there',
  schedule: on(
    '3 https',
    'settle 0 0, settle 0 0, settle 0 0, spare 0 0, settle 0 0, crash-noticed 0 0, tick 0 0, go 3 0, hours 0 0, boot 0 0, go 0 0, notice 0 0, tick 0 0, crash-noticed 0 0, go 3 0',
  ),
};

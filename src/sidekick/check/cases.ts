import type { Event, EventName } from '../model/play.ts';
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
function on(terms: string, text: string): Schedule {
  const words = text === '' ? [] : text.split(', ');
  const events = words.map((one): Event => {
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
    after: 229,
    seconds: 2.7,
    schedule: on('1', 'settle 0 0, spare 0 0, clone 0 0'),
  },
  {
    rule: '1: a log starts',
    after: 2,
    seconds: 0.2,
    schedule: on('1', 'settle 0 0, crash 0 0'),
  },
  {
    rule: '1: a record that nobody has signed stops nobody',
    after: 37,
    seconds: 0.3,
    schedule: on('1', 'settle 0 0, lie-record 0 11'),
  },
  {
    rule: "1: an operator's signed record stops older data",
    after: 10,
    seconds: 0.5,
    schedule: on('1', 'settle 0 0, wipe 0 0'),
  },
  {
    rule: '1: the log of a removed member is set aside',
    after: 72,
    seconds: 1.1,
    schedule: on('3 volumes', 'settle 0 0, settle 0 0, settle 0 0, unmount 0 0, settle 0 0, retire 0 0'),
  },
  {
    rule: '2: a launch is remembered outside the data directory',
    after: 60,
    seconds: 2.5,
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, wipe 6 0, machine-goes-back 1 2, lose-mark 1 0, lie-birth 1 0, settle 0 0, go-back 5 12',
    ),
  },
  {
    rule: '2: a launch that Consul knows is spent',
    after: 8,
    seconds: 0.1,
    schedule: on('1', 'settle 0 0, go-back 4 9'),
  },
  {
    rule: '2: a record that no host here has made founds no cluster',
    after: 1,
    seconds: 0.2,
    schedule: on('3', 'settle 0 0, lie-birth 0 0, settle 0 0'),
  },
  {
    rule: '2: data that is on another filesystem is missing, not wiped',
    after: 5,
    seconds: 0.1,
    schedule: on('1 volumes', 'unmount 0 0, settle 0 0, unmount 0 0'),
  },
  {
    rule: '2: launched again only where the mark is',
    after: 67,
    seconds: 0.8,
    schedule: on('1', 'settle 0 0, lose-log 0 0, kv-lost 0 0'),
  },
  {
    rule: '2: members write that a launch has come to have a log',
    after: 22,
    seconds: 0.8,
    schedule: on('5', 'settle 0 0, settle 0 0, settle 0 0, go-back 0 2'),
  },
  {
    rule: '2: only the very disk that the record names',
    after: 10,
    seconds: 2,
    schedule: on(
      '5',
      'settle 0 0, settle 0 0, retire 0 0, kv-lost 0 0, settle 0 0, settle 0 0, identity-goes-back 5 0',
    ),
  },
  {
    rule: '2: where data lies is looked at before it',
    after: 4791,
    seconds: 20.9,
    schedule: on('3 volumes', 'settle 0 0, unmount 2 0, settle 0 0, step 2 0'),
  },
  {
    rule: '2: whose launch is spent joins',
    after: 58,
    seconds: 2,
    schedule: on('5', 'settle 0 0, settle 0 0, member-goes-back 2 16'),
  },
  {
    rule: '3: as many members as were last agreed',
    after: 360,
    seconds: 1.9,
    schedule: on(
      '3',
      'settle 0 0, spare 0 0, grow 0 0, settle 0 0, isolate 0 0, settle 0 0, settle 0 0, settle 0 0, settle 0 0',
    ),
  },
  {
    rule: '3: only the dead are removed',
    after: 2,
    seconds: 0,
    schedule: on('3', 'settle 0 0, wipe 0 0'),
  },
  {
    rule: '3: the dead are removed',
    after: 13,
    seconds: 3.4,
    schedule: on('3', 'settle 0 0, readdress 0 0'),
  },
  {
    rule: '4: exactly as many as the spec says',
    after: 2,
    seconds: 0,
    schedule: on('3', ''),
  },
  {
    rule: '5: no time-out opens the gate',
    after: 1,
    seconds: 0,
    schedule: on('3', ''),
  },
  {
    rule: 'Consul: a healthy quorum puts its own record back',
    after: 4,
    seconds: 0.7,
    schedule: on('5', 'settle 0 0, lie-birth 0 0'),
  },
  {
    rule: 'plain: who may lie is not enough',
    after: 1743,
    seconds: 7.3,
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, readdress 4 0, machine-goes-back 6 0, answer-falsely 5 22, settle 0 0',
    ),
  },
  {
    rule: 'srv: etcd is stopped in a cluster that was not the predicted one',
    after: 699,
    seconds: 2.3,
    schedule: on('5 srv', 'cut-dns 3 9, settle 0 0, settle 0 0'),
  },
  {
    rule: 'srv: the log of such a cluster is set aside',
    after: 699,
    seconds: 2.2,
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

/** What was found with all rules in place, and holds since: by its seed, and after how many schedules. */
export const ONCE: { what: string; schedule: Schedule }[] = [
  {
    what: '1001, 1900: a registration at a former address that comes late',
    schedule: on('3', 'come-late 3 0, settle 0 0, readdress 0 0, settle 0 0, arrive 0 0'),
  },
  {
    what: '1001, 3277: a volume that is mounted while the gate asks Consul is not a disk that was wiped',
    schedule: on('3 volumes', 'settle 0 0, settle 0 0, unmount 3 0, settle 0 0, step 3 0'),
  },
  {
    what: '1000, 4075: a disk that goes back to a cluster that never had a quorum',
    schedule: on('3', 'settle 0 0, wipe-data 2 0, delete-key 1 4, lose-place 5 0, settle 0 0, go-back 2 3'),
  },
  {
    what: '1002, 3961: a log of a list that only DNS had, and nothing beside it',
    schedule: on('3 srv', 'cut-dns 5 13, settle 0 0, lose-identity 2 0'),
  },
  {
    what: '1, 2019: a joining etcd hears its list from a member whose log went back',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, spare 0 0, wipe-data 1 0, boot 1 0, abreast 1 17, isolate 2 0, machine-goes-back 0 15, step 5 9, settle 0 0',
    ),
  },
  {
    what: '1, 3893: an operator resets what is on a disk that a volume hides, and that nobody remembers',
    schedule: on('1 volumes', 'unmount 0 0, settle 0 0, place-goes-back 0 0, go-back 0 0, settle 0 0, reset 0 0'),
  },
  {
    what: '1, 5078: a disk goes back to before its launch, and the file outside it tells of a later one alone',
    schedule: on('3', 'settle 0 0, settle 0 0, settle 0 0, lose-log 2 0, settle 0 0, kv-lost 0 0, go-back 5 16'),
  },
  {
    what: '1012, 3580: somebody answers at the port of a member that is about to start',
    schedule: on('3', 'settle 0 0, kill-etcd 2 0, answer-falsely 2 1, abreast 0 0'),
  },
  {
    what: '1007, 1956: somebody answers where a member was that runs at an address which nobody knows yet',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, crash 1 0, answer-falsely 4 10, lose-identity 1 0, readdress 1 0, crash-others 1 0, settle 0 0',
    ),
  },
  {
    what: '1008, 3282: a removed member whose file beside the data has gone back to whom nobody is left of',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, grow 0 0, grow 0 0, settle 0 0, settle 0 0, settle 0 0, retire 1 0, identity-goes-back 1 2, readdress 2 0, kv-lost 0 0, settle 0 0, spare 0 0, retire 6 0',
    ),
  },
  {
    what: '1007, 1194: the mark of another launch is none',
    schedule: on(
      '1',
      'settle 0 0, settle 0 0, settle 0 0, fail-launch 0 0, place-goes-back 0 0, kv-lost 0 0, go-back 0 0, settle 0 0, member-goes-back 0 1',
    ),
  },
  {
    what: '1008, 2428: a list that nobody has agreed on but hosts which are not where it says',
    schedule: on('3', 'settle 0 0, wipe 3 0, lose-identity 2 0, readdress 2 0'),
  },
  {
    what: '2, 2234: a learner goes on asking while nobody answers at an address that it no longer waits for',
    schedule: on(
      '3 https',
      'settle 0 0, settle 0 0, settle 0 0, spare 0 0, readdress 5 0, settle 0 0, retire 6 0, abreast 0 0, gather 0 0, identity-goes-back 5 2',
    ),
  },
  {
    what: '1020, 185: somebody answers for the only member that a host knows, another has joined since',
    schedule: on(
      '3',
      'settle 0 0, settle 0 0, settle 0 0, unmount 0 0, settle 0 0, grow 0 0, lose-identity 1 0, answer-falsely 0 2, settle 0 0, replace 2 0, spare 0 0, crash 5 0, crash 6 0, settle 0 0',
    ),
  },
  {
    what: '1026, 1532: data that comes back when an operator has put another cluster in its place',
    schedule: on('1', 'settle 0 0, spare 0 0, isolate 4 0, member-goes-back 6 12, settle 0 0, reset 0 0, go-back 6 4'),
  },
  {
    what: '1040, 4194: a member that was lost while the first of more is joining takes its own place again',
    schedule: on('3', 'settle 0 0, grow 0 0, fail-launch 3 0, settle 0 0, member-goes-back 0 0, settle 0 0'),
  },
  {
    what: '1046, 4297: two that were removed, and whose marks somebody deletes, know none of those that are left',
    schedule: on('3', 'settle 0 0, settle 0 0, retire 6 0, retire 4 0, settle 0 0, lie-birth 0 0, readdress 5 0'),
  },
  {
    what: '1050, 2941: the only one who knows the record is hidden under a volume, and forgotten',
    schedule: on(
      '3 volumes',
      'unmount 2 0, settle 0 0, delete-key 0 16, crash-noticed 5 0, settle 0 0, place-goes-back 5 0',
    ),
  },
];

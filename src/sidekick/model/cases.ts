import type { Schedule } from './check.ts';
import type { Event, EventName } from './play.ts';

/** The shortest schedule that was found with one rule taken out, and how long that took: seed 1. */
export interface Case {
  rule: string;
  /** Schedules until it was found. */
  after: number;
  /** Of one processor. */
  seconds: number;
  schedule: Schedule;
}

/** Each event is its name, the host and the way in which it happens. */
function told(text: string): Event[] {
  return text.split(', ').map((one) => {
    const [name = '', host, way] = one.split(' ');
    return { name: name as EventName, host: Number(host), way: Number(way) };
  });
}

export const CASES: Case[] = [
  {
    rule: '1: a copied disk does not start',
    after: 1311,
    seconds: 8.7,
    schedule: {
      size: 1,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, spare 0 0, clone 0 0'),
    },
  },
  {
    rule: '1: a log starts',
    after: 1,
    seconds: 0.2,
    schedule: {
      size: 1,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, unmount 0 0'),
    },
  },
  {
    rule: '1: a record that nobody has signed stops nobody',
    after: 198,
    seconds: 1.7,
    schedule: {
      size: 1,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, lie-retired 3 17, kill-etcd 0 0'),
    },
  },
  {
    rule: "1: an operator's signed record stops older data",
    after: 9,
    seconds: 0.5,
    schedule: {
      size: 1,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, machine-goes-back 1 20'),
    },
  },
  {
    rule: '1: the log of a removed member is set aside',
    after: 876,
    seconds: 9.9,
    schedule: {
      size: 3,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, isolate 0 0, spare 0 0, settle 0 0, settle 0 0, settle 0 0, settle 0 0, retire 1 0'),
    },
  },
  {
    rule: '2: a launch that Consul knows is spent',
    after: 174,
    seconds: 1.1,
    schedule: {
      size: 3,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, settle 0 0, member-goes-back 0 1'),
    },
  },
  {
    rule: '2: data that is on another filesystem is missing, not wiped',
    after: 1509,
    seconds: 7.2,
    schedule: {
      size: 1,
      discovery: 'committed',
      scheme: 'http',
      volumes: true,
      events: told('unmount 0 0, settle 0 0, crash 0 0'),
    },
  },
  {
    rule: '2: members write that a launch has come to have a log',
    after: 104,
    seconds: 4.3,
    schedule: {
      size: 1,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, member-goes-back 2 1'),
    },
  },
  {
    rule: '2: only the very disk that the record names',
    after: 11,
    seconds: 0.9,
    schedule: {
      size: 5,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, settle 0 0, wipe 0 0'),
    },
  },
  {
    rule: '3: the dead are removed',
    after: 5,
    seconds: 0.2,
    schedule: {
      size: 3,
      discovery: 'committed',
      scheme: 'http',
      volumes: false,
      events: told('settle 0 0, readdress 0 0'),
    },
  },
  {
    rule: '4: exactly as many as the spec says',
    after: 1,
    seconds: 0,
    schedule: { size: 3, discovery: 'committed', scheme: 'http', volumes: false, events: told('tick 0 0') },
  },
];

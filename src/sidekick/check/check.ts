import fc from 'fast-check';
import { makeWorld, type Terms } from '../model/make.ts';
import { EVENTS, type EventName, type ModelEvent, play } from '../model/play.ts';
import { RULES, type Rules } from '../model/rules.ts';
import type { World } from '../model/world.ts';
import { heal } from './heal.ts';

// Progress has to be likely, or nothing ever forms that could break. What comes first is what stories are shrunk to.
const OFTEN: EventName[] = [
  'settle',
  'settle',
  'settle',
  'settle',
  'settle',
  'settle',
  'settle',
  'go',
  'go',
  'go',
  'go',
];
const NAMES: EventName[] = [...OFTEN, 'step', 'step', 'step', 'step', 'hear', 'boot', 'connect', ...EVENTS];
/** Many rules are for clusters that live, or that have grown. */
const UP: EventName[] = ['settle', 'settle', 'settle'];
const GROWN: EventName[] = [...UP, 'grow', 'grow', ...UP];
/** A volume is not there when its host boots. */
const AWAY: EventName[] = [...UP, 'unmount', 'settle'];
/** Consul knows nothing any more, while a host waits beside a cluster. */
const LOST: EventName[] = [...UP, 'spare', 'settle', 'consul-wiped'];
const BEGINNINGS: EventName[][] = [[], [], [], UP, UP, GROWN, AWAY, LOST];
const HOSTS = 7;
const WAYS = 24;

export interface Schedule extends Terms {
  events: ModelEvent[];
}

function eventOf(code: number): ModelEvent {
  const rest = Math.floor(code / WAYS);
  return { name: NAMES[Math.floor(rest / HOSTS)] ?? 'settle', host: rest % HOSTS, way: code % WAYS };
}

/** Name, host and way in one number each: there are millions of them. */
const event = fc.nat({ max: NAMES.length * HOSTS * WAYS - 1 }).map(eventOf);

const schedule: fc.Arbitrary<Schedule> = fc.record({
  size: fc.constantFrom(1, 3, 3, 3, 5),
  discovery: fc.constantFrom('committed' as const, 'committed' as const, 'committed' as const, 'srv' as const),
  scheme: fc.constantFrom('http' as const, 'https' as const),
  volumes: fc.boolean(),
  events: fc
    .tuple(fc.constantFrom(...BEGINNINGS), fc.array(event, { maxLength: 50, size: 'max' }))
    .map(([begin, rest]) => [...begin.map((name) => ({ name, host: 0, way: 0 })), ...rest]),
});

/** Runs a schedule, lets all faults end, and says what did not hold. */
export function run({ events, ...terms }: Schedule, rules: Rules = RULES): Promise<string | undefined> {
  const world = makeWorld(terms);
  return guarded(async () => {
    for (const each of events) {
      await play(world, each, rules);
      if (world.excused) return undefined;
      if (world.violation !== undefined) return world.violation;
    }
    return end(world, rules);
  });
}

/** The property that did not hold, or the error that was thrown: also where no program waits for it. */
async function guarded(work: () => Promise<string | undefined>): Promise<string | undefined> {
  const thrown: unknown[] = [];
  const note = (error: unknown) => {
    thrown.push(error);
    return undefined;
  };
  process.on('unhandledRejection', note);
  const outcome = await work().catch(note);
  process.off('unhandledRejection', note);
  if (thrown.length > 0) return `an exception: ${thrown.map((error) => (error as Error).stack)}`;
  return outcome;
}

async function end(world: World, rules: Rules): Promise<string | undefined> {
  const problem = await heal(world, rules);
  if (world.excused) return undefined;
  return world.violation ?? (problem === undefined ? undefined : `after all faults ended: ${problem}`);
}

export interface Found {
  schedule: Schedule;
  /** How many schedules it took. */
  after: number;
}

/** The shortest schedule found that breaks the rules; undefined when all of them hold. */
export async function find(schedules: number, rules: Rules = RULES, seed = 1): Promise<Found | undefined> {
  const { stackTraceLimit } = Error;
  // Most errors here are answers.
  Error.stackTraceLimit = 0;
  try {
    const holds = fc.asyncProperty(schedule, async (one) => (await run(one, rules)) === undefined);
    const result = await fc.check(holds, { numRuns: schedules, seed, endOnFailure: false });
    const [found] = result.counterexample ?? [];
    return found && { schedule: found, after: result.numRuns };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A schedule that breaks the rules, told as a story. */
export async function findStory(schedules: number, rules: Rules = RULES, seed = 1): Promise<string | undefined> {
  const found = await find(schedules, rules, seed);
  return found && tell(found.schedule, rules);
}

/** The story of a schedule: its moves, and what the programs and etcd did then. */
export async function tell({ events, ...terms }: Schedule, rules: Rules = RULES): Promise<string> {
  const world = makeWorld(terms);
  world.story = [];
  const { size, discovery, scheme, volumes } = terms;
  const lines = [
    `${size} hosts${discovery === 'srv' ? ', discovery: srv' : ''}, ${scheme}${volumes ? ', volumes' : ''}`,
  ];
  const done = () => {
    const did = (world.story ?? []).join('; ');
    world.story = [];
    return did;
  };
  const outcome = await guarded(async () => {
    for (const each of events) {
      const host = world.hosts[each.host % world.hosts.length]?.name;
      lines.push(`${each.name} ${host} ${each.way}`);
      await play(world, each, rules);
      const did = done();
      if (did) lines.push(`${lines.pop()} [${did}]`);
      if (world.violation !== undefined || world.excused) break;
    }
    return world.excused ? `excused: ${world.excused}` : (world.violation ?? end(world, rules));
  });
  // Each round once: the last ones are all the same.
  const rounds = new Set(done().split(/(?:; )?ROUND(?:; )?/));
  lines.push(...[...rounds].filter(Boolean).map((round) => `then [${round}]`));
  return [...lines, `=> ${outcome}`].join('\n');
}

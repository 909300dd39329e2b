import fc from 'fast-check';
import { heal } from './heal.ts';
import { EVENTS, type Event, type EventName, isOnHost, play } from './play.ts';
import { RULES, type Rules } from './rules.ts';
import { makeWorld, type World } from './world.ts';

// Progress has to be likely, or nothing ever forms that could break. What comes first is what stories are shrunk to.
const OFTEN: EventName[] = ['settle', 'settle', 'settle', 'settle', 'settle', 'step', 'step', 'step', 'step', 'verify'];
const NAMES: EventName[] = [...OFTEN, 'verify', 'gather', 'race', 'look', 'act', 'act', 'boot', 'connect', ...EVENTS];
const HOSTS = 7;

export const schedule = fc.record({
  size: fc.constantFrom(1, 3, 3, 3, 5),
  discovery: fc.constantFrom('committed' as const, 'committed' as const, 'committed' as const, 'srv' as const),
  /** Name and host in one number each: there are millions of them. */
  events: fc.array(fc.nat({ max: NAMES.length * HOSTS - 1 }), { maxLength: 50, size: 'max' }),
});

const eventOf = (code: number): Event => ({
  name: NAMES[Math.floor(code / HOSTS)] ?? 'settle',
  host: code % HOSTS,
});

type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

/** Runs a schedule, lets all faults end, and says what did not hold. */
export function run({ size, discovery, events }: Schedule, rules: Rules = RULES): string | undefined {
  const world = makeWorld(size, discovery);
  for (const code of events) {
    play(world, eventOf(code), rules);
    if (world.violation !== undefined) return world.violation;
  }
  return end(world, rules);
}

function end(world: World, rules: Rules): string | undefined {
  const problem = heal(world, rules);
  return world.violation ?? (world.excused || problem === undefined ? undefined : `after all faults ended: ${problem}`);
}

/** The shortest schedule found that breaks the rules, told as a story; undefined when all of them hold. */
export function findStory(schedules: number, rules: Rules = RULES, seed = 1): string | undefined {
  const holds = fc.property(schedule, (one) => run(one, rules) === undefined);
  const result = fc.check(holds, { numRuns: schedules, seed, endOnFailure: false });
  const [found] = result.counterexample ?? [];
  return found === undefined ? undefined : tell(found, rules);
}

/** What happened, and what the gates and etcd did then. */
export function tell({ size, discovery, events }: Schedule, rules: Rules): string {
  const world = makeWorld(size, discovery);
  const lines = [`${size} hosts${discovery === 'srv' ? ', discovery: srv' : ''}`];
  const done = () => {
    const did = (world.story ?? []).join('; ');
    world.story = [];
    return did;
  };
  done();
  for (const code of events) {
    const each = eventOf(code);
    const host = world.hosts[each.host % world.hosts.length]?.name;
    play(world, each, rules);
    const did = done();
    lines.push(`${isOnHost(each.name) ? `${host}: ` : ''}${each.name}${did && ` [${did}]`}`);
    if (world.violation !== undefined) break;
  }
  const outcome = world.violation ?? end(world, rules);
  // Each round once: the last ones are all the same.
  const rounds = new Set(done().split(/(?:; )?ROUND(?:; )?/));
  lines.push(...[...rounds].filter(Boolean).map((round) => `then [${round}]`));
  return [...lines, `=> ${outcome}`].join('\n');
}

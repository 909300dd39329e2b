import fc from 'fast-check';
import { EVENTS, type Event, heal, play, RULES, type Rules } from './play.ts';
import { makeWorld, type World } from './world.ts';

const event: fc.Arbitrary<Event> = fc.record({
  name: fc.oneof(
    // Progress has to be likely, or nothing ever forms that could break.
    { weight: 2, arbitrary: fc.constantFrom('settle' as const, 'gather' as const, 'race' as const) },
    { weight: 2, arbitrary: fc.constantFrom('look' as const, 'act' as const, 'step' as const) },
    { weight: 4, arbitrary: fc.constantFrom(...EVENTS) },
  ),
  host: fc.nat({ max: 4 }),
});

export const schedule = fc.record({
  size: fc.constantFrom(1, 3, 3, 5),
  events: fc.array(event, { maxLength: 60 }),
});

type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

/** Runs a schedule, lets all faults end, and says what did not hold. */
export function run({ size, events }: Schedule, rules: Rules = RULES): string | undefined {
  const world = makeWorld(size);
  for (const each of events) {
    play(world, each, rules);
    if (world.violation !== undefined) return world.violation;
  }
  heal(world, rules);
  return world.violation ?? (world.excused ? undefined : stuck(world));
}

/** What should have come up by itself, and did not. */
function stuck(world: World): string | undefined {
  const withData = world.hosts.filter((host) => host.disk.wal !== undefined);
  const idle = withData.filter((host) => !host.etcd);
  if (idle.length > 0) return `${idle.map((host) => host.name).join(', ')} did not start with the data there`;
  // A listed disk that is gone, or was launched and has no data, would have to join: an operator's task yet.
  const disks = world.hosts.map(({ disk }) => disk);
  const isWhole = (world.consul.record?.members ?? []).every(({ incarnation }) =>
    disks.some((disk) => disk.incarnation === incarnation),
  );
  if (!isWhole || disks.some((disk) => disk.phase === 'launched' && disk.wal === undefined)) return undefined;
  const clusters = new Set(disks.map((disk) => disk.wal?.clusterId)).size;
  if (withData.length === world.size && clusters === 1) return undefined;
  return `${withData.length} of ${world.size} members, clusters: ${clusters}, after all faults had ended`;
}

/** The shortest schedule found that breaks the rules, told as a story; undefined when all of them hold. */
export function findStory(schedules: number, rules: Rules = RULES, seed = 1): string | undefined {
  const holds = fc.property(schedule, (one) => run(one, rules) === undefined);
  const result = fc.check(holds, { numRuns: schedules, seed, endOnFailure: false });
  const [found] = result.counterexample ?? [];
  if (found === undefined) return undefined;
  return tell(found, rules);
}

function tell(found: Schedule, rules: Rules): string {
  const world = makeWorld(found.size);
  const lines = found.events.map((each) => {
    const host = world.hosts[each.host % world.hosts.length]?.name;
    play(world, each, rules);
    const all = ['write', 'leader-lost', 'leader-found', 'kv-lost', 'gather', 'race', 'settle'].includes(each.name);
    return all ? each.name : `${host}: ${each.name}`;
  });
  return [`${found.size} hosts`, ...lines, `=> ${run(found, rules)}`].join('\n');
}

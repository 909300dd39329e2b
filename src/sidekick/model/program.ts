import { breach, type Host, next, type World } from './world.ts';

/** A call of a program that has not happened yet: a request on its way, or a nap. */
interface Call {
  what: string;
  /** When it happens at the latest, where it is time that it waits for. */
  due?: number;
  /** It waits for an answer that does not come. */
  isSilence?: boolean;
  /** Whether it may happen now. */
  isDue(): boolean;
  /** Lets it happen; the program goes on in a microtask. */
  happen(): void;
}

/** A request that its program has given up. */
export interface Late {
  what: string;
  happen(): void;
}

/**
 * One running program of a host. While `isFree`, whatever it asks for happens at once, until it naps; else each call waits for the
 * schedule. Once it is killed nothing that it does reaches anybody.
 */
export interface Program {
  id: number;
  kind: string;
  host: Host;
  isFree: boolean;
  isAlive: boolean;
  pending: Call[];
  /** Milliseconds: the world's clock, and ahead of it by what this program has waited for answers that never came. */
  time: number;
  /** Milliseconds that it has napped or waited for answers. */
  waited: number;
  /** There was a member's data when it began, and nothing true against it. */
  mayRun: boolean;
  /** How often somebody had meddled with the keys when it began. */
  meddled: number;
  /** Peer URLs of members, by ID, as it was last told. */
  told: Map<string, string>;
  /** Of one turn. */
  calls: number;
  outcome: 'runs' | 'done' | { threw: Error };
}

/** Naps as short as this are over before anything else happens, while nothing else is to happen. Milliseconds. */
const MOMENT = 100;

/**
 * How far the naps of a program take it ahead of the world's clock while it waits for an answer: as far as its longest wait for one.
 * Without a limit a program that asks again after each nap would never come to rest. Milliseconds.
 */
const AHEAD = 15_000;

/** Calls of a program in one turn that are too many: it never comes to rest. */
const MOST = 3000;

/** Thrown by the disk of a killed program. */
class Killed extends Error {}

/** Nobody answers: the error, and the milliseconds until it is known. */
export class Silence extends Error {
  readonly after: number;
  readonly error: Error;
  constructor(error: Error, after: number) {
    super(error.message);
    this.error = error;
    this.after = after;
  }
}

/** Starts a program on a host; it comes as far as its first call. */
export function start(world: World, host: Host, kind: string, main: (program: Program) => Promise<void>): Program {
  const program: Program = {
    id: next(world),
    kind,
    host,
    isFree: false,
    isAlive: true,
    pending: [],
    time: world.clock,
    waited: 0,
    mayRun: false,
    meddled: world.meddled,
    told: new Map(),
    calls: 0,
    outcome: 'runs',
  };
  host.programs.set(kind, program);
  main(program).then(
    () => {
      program.outcome = 'done';
    },
    (error: Error) => {
      program.outcome = { threw: error };
    },
  );
  return program;
}

/** All that is asked of programs that were resumed has been asked when this resolves. */
export const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** A call that waits until it may happen; asked again each time the program is resumed. */
export function park<T>(
  world: World,
  program: Program,
  what: string,
  isDue: () => boolean,
  effect: () => T,
): Promise<T> {
  if (!program.isAlive) return never();
  // Since then it waits for an answer, however late others ask it.
  const since = Math.max(program.time, world.clock);
  if (program.isFree && isDue()) return settle(world, program, what, effect, since);
  return new Promise((resolve, reject) => {
    const call: Call = {
      what,
      isDue,
      happen: () => {
        program.pending.splice(program.pending.indexOf(call), 1);
        settle(world, program, what, effect, since).then(resolve, reject);
      },
    };
    program.pending.push(call);
  });
}

function settle<T>(world: World, program: Program, what: string, effect: () => T, since: number): Promise<T> {
  program.calls += 1;
  if (program.calls > MOST) {
    breach(world, `${program.kind} on ${program.host.name} never comes to rest: ${what}`);
    return never();
  }
  try {
    return Promise.resolve(effect());
  } catch (error) {
    return error instanceof Silence ? giveUp(world, program, what, error, since) : Promise.reject(error);
  }
}

/** Waits for an answer that does not come. */
function giveUp<T>(world: World, program: Program, what: string, { after, error }: Silence, since: number): Promise<T> {
  return new Promise((_, reject) => {
    const due = since + after;
    const call: Call = {
      what: `gives up: ${what}`,
      due,
      isSilence: true,
      // To whom nobody answers time passes by itself, up to the first of what he waits for.
      isDue: () => world.clock >= due || findNext(program) === call,
      happen: () => {
        program.pending.splice(program.pending.indexOf(call), 1);
        pass(world, program, due, after);
        reject(error);
      },
    };
    program.pending.push(call);
  });
}

/** A program has waited until then; of what the schedule made of it no more than it asked for. */
function pass(world: World, program: Program, due: number, milliseconds: number): void {
  program.waited += Math.min(milliseconds, Math.max(0, due - program.time));
  program.time = Math.max(program.time, due, world.clock);
}

/** A nap. */
export function nap(world: World, program: Program, milliseconds: number): Promise<void> {
  if (!program.isAlive) return never();
  return new Promise((resolve) => {
    const due = Math.max(program.time, world.clock) + milliseconds;
    const isBrief = milliseconds <= MOMENT;
    const call: Call = {
      what: 'wakes',
      due,
      isSilence: false,
      isDue: () =>
        world.clock >= due ||
        (findNext(program) === call && due - world.clock <= AHEAD) ||
        (program.isFree && isBrief && due - world.clock <= 3 * MOMENT),
      happen: () => {
        program.pending.splice(program.pending.indexOf(call), 1);
        program.calls += 1;
        pass(world, program, due, milliseconds);
        resolve();
      },
    };
    program.pending.push(call);
  });
}

/** A request that happens as soon as the schedule lets it. */
export function ask<T>(world: World, program: Program, what: string, effect: () => T): Promise<T> {
  return park(world, program, what, () => true, effect);
}

/** A request that changes something: its reply may be lost, or it may come when nobody waits for it any more. */
export function tell<T>(world: World, program: Program, what: string, lost: () => Error, effect: () => T): Promise<T> {
  return ask(world, program, what, () => {
    const { host } = program;
    const { trouble } = host;
    host.trouble = 'none';
    if (trouble === 'none') return effect();
    world.story?.push(`${host.name}: ${what}: ${trouble === 'deaf' ? 'the reply is lost' : 'nobody answers yet'}`);
    if (trouble === 'deaf') effect();
    else {
      const happen = () => {
        try {
          effect();
        } catch {}
      };
      world.late.push({ what: `${host.name}: ${what}`, happen });
    }
    throw new Silence(lost(), 3000);
  });
}

/** Something that a program does to its own disk: at once, unless it is killed before. */
export function write<T>(world: World, program: Program, what: string, effect: () => T): T {
  const { host } = program;
  if (!program.isAlive) throw new Killed();
  if (host.fuse !== undefined) {
    host.fuse.writes -= 1;
    if (host.fuse.writes < 0) {
      world.story?.push(`${host.name}: ${program.kind} is killed before: ${what}`);
      if (host.fuse.power) host.up = false;
      host.fuse = undefined;
      kill(host, program.kind);
      throw new Killed();
    }
  }
  return effect();
}

export function kill(host: Host, kind: string): void {
  const program = host.programs.get(kind);
  if (program === undefined) return;
  program.isAlive = false;
  program.pending = [];
  host.programs.delete(kind);
}

/** Which of the waits of a program are over before the answer comes that it gives up. */
function findNext({ pending }: Program): Call | undefined {
  // A call that can go on does before time passes.
  if (!pending.some(({ isSilence }) => isSilence) || pending.some(({ due }) => due === undefined)) return undefined;
  return pending.reduce<Call | undefined>(
    (next, call) => (call.due !== undefined && call.due < (next?.due ?? Number.POSITIVE_INFINITY) ? call : next),
    undefined,
  );
}

/** Whether something that a program waits for may happen, if nothing else does before. */
export function hasWork(program: Program): boolean {
  program.isFree = true;
  const found = program.pending.some((call) => call.isDue());
  program.isFree = false;
  return found;
}

/** Lets a program go on until it naps or ends. */
export async function release(program: Program): Promise<void> {
  program.calls = 0;
  while (program.outcome === 'runs' && hasWork(program) && program.calls <= MOST) {
    program.isFree = true;
    for (const call of [...program.pending]) if (call.isDue()) call.happen();
    await drain();
    program.isFree = false;
  }
}

/** Lets just one of a host's calls happen, if one may. */
export async function step(world: World, host: Host, which: number): Promise<void> {
  const calls = [...host.programs.values()].flatMap(({ pending }) => pending.filter((call) => call.isDue()));
  const call = calls[which % Math.max(1, calls.length)];
  if (call === undefined) return;
  world.story?.push(`${host.name}: ${call.what}`);
  call.happen();
  await drain();
}

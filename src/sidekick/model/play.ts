import { findSplit } from './etcd.ts';
import { faults } from './faults.ts';
import { liars } from './liars.ts';
import { operators } from './operator.ts';
import { progress } from './progress.ts';
import { rot } from './rot.ts';
import type { Rules } from './rules.ts';
import type { Host, World } from './world.ts';

/** Something that happens to a host, in one of several ways, or to the world. */
export type Move = (world: World, host: Host, way: number, rules: Rules) => void | Promise<void>;

/** Moves that may happen. Each is one moment: what lies between two of them may be a crash. */
const moves = { ...progress, ...faults, ...rot, ...liars, ...operators } satisfies Record<string, Move>;

export type EventName = keyof typeof moves;
export const EVENTS = Object.keys(moves) as EventName[];

export interface ModelEvent {
  name: EventName;
  host: number;
  way: number;
}

/** Lets one event happen, and sees whether everything still holds. */
export async function play(world: World, { name, host: index, way }: ModelEvent, rules: Rules): Promise<void> {
  const host = world.hosts[index % world.hosts.length];
  if (host === undefined) return;
  await (moves[name] as Move)(world, host, way, rules);
  world.violation ??= findSplit(world);
}

import { loseLock, notice, noticeGone } from './consul.ts';
import { hear, writeData } from './etcd.ts';
import { exec, nudge, remind, run } from './host.ts';
import type { Move } from './play.ts';
import { step } from './program.ts';
import { urlOf } from './settings.ts';
import { POLICY, TICK, type World } from './world.ts';

/** Time passes. */
function tick(world: World, milliseconds = TICK): void {
  world.clock += milliseconds;
  if (world.consul.lock && world.clock > world.consul.lock.until) loseLock(world);
  const { catalog } = world.consul;
  const listed = new Set([...catalog.nodes.values()].filter((node) => node.passing && node.id).map((node) => node.id));
  for (const { root, address, etcd, net, up } of world.hosts) {
    if (up && ((etcd && net === 0) || listed.has(root.nodeId))) world.present.set(urlOf(world, address), world.clock);
  }
}

function boot(host: Parameters<Move>[1]): void {
  host.up = true;
}

/** Things that go on by themselves. */
export const progress = {
  /** Everything that can go on does, for some seconds. */
  settle: async (world, _host, _way, rules) => {
    progress.gather(world);
    for (const host of world.hosts) {
      remind(world, host, rules);
      await run(world, host, rules);
    }
    for (const host of world.hosts) hear(world, host);
    tick(world);
  },
  /** One host goes on as long as it can. */
  go: async (world, host, _way, rules) => {
    if (host.up) await run(world, host, rules);
  },
  /** One request of one program, or what else is next on it. */
  step: async (world, host, way, rules) => {
    if (!host.up) return;
    await step(world, host, way);
    await nudge(world, host, rules);
  },
  /** A step of each host, in turn. */
  abreast: async (world, _host, way, rules) => {
    for (let turn = 0; turn < 30; turn++) {
      for (const host of world.hosts) {
        await progress.step(world, host, way, rules);
        exec(world, host, rules);
      }
    }
  },
  exec: (world, host, _way, rules) => {
    exec(world, host, rules);
  },
  hear: (world, host) => hear(world, host),
  remind: (world, host, _way, rules) => remind(world, host, rules),
  boot: (_world, host) => boot(host),
  notice: (world, host) => notice(world, host),
  gather: (world) => {
    for (const host of world.hosts) {
      boot(host);
      notice(world, host);
      hear(world, host);
    }
    noticeGone(world);
  },
  write: (world) => writeData(world, false),
  tick: (world) => tick(world),
  hours: (world) => tick(world, POLICY * 1000 + TICK),
  arrive: (world) => {
    const late = world.late.shift();
    if (late === undefined) return;
    world.story?.push(`late: ${late.what}`);
    world.consul.lockWasLost = true;
    late.happen();
  },
} satisfies Record<string, Move>;

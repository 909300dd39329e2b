import { Again, gate } from '../ready/gate.ts';
import { assertCluster } from '../register/assert.ts';
import { registerClient } from '../register/client.ts';
import { registerServer } from '../register/server.ts';
import { hear, startEtcd } from './etcd.ts';
import type { Wal } from './log.ts';
import { guardNap, mayRun } from './nap.ts';
import { makePorts } from './ports.ts';
import { drain, hasWork, kill, type Program, release, start } from './program.ts';
import type { Rules } from './rules.ts';
import { settingsOf } from './settings.ts';
import { breach, type Host, RESTART, type World } from './world.ts';

/** Milliseconds that a gate with data may take, whatever anybody answers or does not. */
const PATIENCE = 3000;

type Main = (world: World, host: Host, program: Program, rules: Rules) => Promise<void>;

const mains: Record<string, Main> = {
  server: (world, host, program, rules) =>
    registerServer(settingsOf(world, host), rules.ports(makePorts(world, program), program)),
  gate: (world, host, program, rules) =>
    gate(settingsOf(world, host), rules.ports(makePorts(world, program), program), rules.sidekick),
  client: (world, host, program, rules) =>
    registerClient(settingsOf(world, host), rules.ports(makePorts(world, program), program), rules.sidekick),
  assert: (world, host, program, rules) =>
    assertCluster(settingsOf(world, host), rules.ports(makePorts(world, program), program)),
};

function begin(world: World, host: Host, kind: string, rules: Rules): void {
  start(world, host, kind, (program) => {
    program.mayRun = kind === 'gate' && mayRun(world, program);
    return (mains[kind] as Main)(world, host, program, rules);
  });
}

/** Starts what systemd would start on a host now. Whether it started something. */
function startPrograms(world: World, host: Host, rules: Rules): boolean {
  if (!host.up) return false;
  const before = host.programs.size;
  if (!host.isRegistered && !host.programs.has('server')) begin(world, host, 'server', rules);
  const isGateDue = !host.etcd && !host.isLaunching && world.clock >= host.restartAt;
  if (isGateDue && !host.programs.has('gate')) begin(world, host, 'gate', rules);
  if (host.etcd && !host.etcd.isFollowed) hear(world, host);
  if (host.etcd && !host.etcd.isFollowed && isReady(host.etcd.wal)) {
    host.etcd.isFollowed = true;
    kill(host, 'client');
    begin(world, host, 'client', rules);
    return true;
  }
  return host.programs.size > before;
}

/** systemd is told of etcd when the others have been told its name. */
const isReady = ({ head, memberId }: Wal) => head?.config.named.includes(memberId) ?? false;

/** Ends what programs that have ended leave to do. Whether there were any. */
function reap(world: World, host: Host): boolean {
  const ended = [...host.programs.values()].filter(({ outcome }) => outcome !== 'runs');
  for (const program of ended) {
    const { kind, outcome } = program;
    host.programs.delete(kind);
    if (outcome === 'done') finish(world, program);
    else if (outcome === 'runs' || outcome.threw instanceof Again) host.restartAt = world.clock + RESTART;
    else breach(world, `${kind} on ${host.name} ends with an exception: ${outcome.threw.stack}`);
  }
  return ended.length > 0;
}

function finish(world: World, program: Program): void {
  const { host, kind } = program;
  if (kind === 'server') host.isRegistered = true;
  if (kind === 'client') {
    // Of what has gone since it read it knows nothing; the timer looks again.
    const isOld = program.meddled !== world.meddled;
    host.verifiedAt = isOld ? '' : stateOf(world);
    for (const id of isOld ? [] : (host.etcd?.wal.head?.config.named ?? [])) world.verified.add(id);
  }
  if (kind !== 'gate') return;
  host.isLaunching = true;
  if (program.mayRun && program.waited > PATIENCE && mayRun(world, program)) {
    breach(world, `${host.name} has the data of a member, and took ${program.waited} ms to start`);
  }
}

/** The moment between the gate's end and etcd's first byte is over. */
export function exec(world: World, host: Host, rules: Rules): boolean {
  if (!host.up || !host.isLaunching) return false;
  host.isLaunching = false;
  startEtcd(world, host);
  if (host.etcd && world.discovery === 'srv') {
    kill(host, 'assert');
    begin(world, host, 'assert', rules);
  }
  return true;
}

/** The state of the world for a member that has verified his cluster: anything new, and he looks again. */
const stateOf = ({ consul, acknowledged }: World) =>
  `${consul.keep.index} ${consul.catalog.index} ${[...acknowledged.values()].map(({ order }) => order)}`;

/** The timer: whoever is verified looks again. */
export function remind(world: World, host: Host, rules: Rules): void {
  const isIdle = host.etcd?.isFollowed && !host.programs.has('client');
  if (!host.up || !isIdle || host.verifiedAt === stateOf(world)) return;
  begin(world, host, 'client', rules);
}

/** Lets the programs of a host go on until all of them nap or have ended, and starts what comes next. */
export async function run(world: World, host: Host, rules: Rules): Promise<void> {
  for (let turn = 0; turn < 30 && world.violation === undefined; turn++) {
    const began = startPrograms(world, host, rules);
    if (began) await drain();
    let moved = began;
    for (const program of [...host.programs.values()]) {
      if (program.outcome !== 'runs' || !hasWork(program)) continue;
      await release(program);
      moved = true;
    }
    moved = reap(world, host) || moved;
    moved = exec(world, host, rules) || moved;
    if (!moved) {
      const program = host.programs.get('gate');
      if (program) guardNap(world, program);
      return;
    }
  }
  if (world.violation === undefined) breach(world, `${host.name} never comes to rest: ${[...host.said]}`);
}

/** Starts what systemd would start by now, and sees what has ended. */
export async function nudge(world: World, host: Host, rules: Rules): Promise<void> {
  if (startPrograms(world, host, rules)) await drain();
  reap(world, host);
}

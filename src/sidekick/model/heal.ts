import type { ClusterRecord } from '../shared/record.ts';
import { canServe, isAlive } from './alive.ts';
import { running } from './etcd.ts';
import { elect } from './log.ts';
import { observe } from './observe.ts';
import { reset } from './operator.ts';
import { play } from './play.ts';
import type { Rules } from './rules.ts';
import { emptyDisk, type Host, makeGate, type World } from './world.ts';

/** As many as it could take: each joins one host, and three see that somebody is dead. */
const ROUNDS = 14;

/** All faults end, and everything has time. What has not come up then, though it should have. */
export function heal(world: World, rules: Rules): string | undefined {
  world.consul.hasLeader = true;
  for (const host of world.hosts) {
    Object.assign(host, { net: 0, dns: 'agrees', failing: false });
    if (isBeyondHelp(world, host)) restart(world, host, rules);
  }
  const problem = settle(world, rules);
  if (problem !== undefined || world.violation !== undefined || world.excused) return problem;
  const { record } = world.consul;
  if (record === undefined || canServe(world, record) || !loseAll(world, record, rules)) return undefined;
  const rest = settle(world, rules);
  return rest && `after an operator's reset ${rest}`;
}

/** The operator sees that it is not registered for clients. What the gate then refuses is wiped. */
function restart(world: World, host: Host, rules: Rules): void {
  Object.assign(host, { up: true, etcd: false, launch: undefined, gate: makeGate() });
  const isRefused = rules.decide(observe(world, host, rules)).do === 'refuse';
  if (isRefused || world.consul.record === undefined) host.disk = emptyDisk(world, host.name);
}

/** Data of another machine, or from before a reset. */
function isBeyondHelp({ consul: { record }, hosts }: World, { disk, name }: Host): boolean {
  if (disk.wal === undefined) return false;
  const latest = Math.max(record?.generation ?? 0, ...hosts.map((host) => host.disk.record?.generation ?? 0));
  return disk.machine !== name || (disk.record?.generation ?? 0) < latest;
}

function settle(world: World, rules: Rules): string | undefined {
  let problem: string | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    world.story?.push('ROUND');
    play(world, { name: 'settle', host: 0 }, rules);
    if (world.violation !== undefined || world.excused) return undefined;
    problem = findProblem(world);
    if (problem === undefined) break;
  }
  play(world, { name: 'write', host: 0 }, rules);
  return problem;
}

/** Too few disks live: the operator ends what is left, makes as many hosts as the record has, and resets. */
function loseAll(world: World, record: ClusterRecord, rules: Rules): boolean {
  const wanted = world.hosts.filter(({ disk }) => !world.consul.retired.has(disk.incarnation)).slice(0, record.size);
  if (wanted.length < record.size) return false;
  world.hosts = wanted;
  for (const host of wanted) {
    host.size = record.size;
    if (host.disk.wal !== undefined) Object.assign(host, { etcd: false, disk: emptyDisk(world, host.name) });
  }
  play(world, { name: 'gather', host: 0 }, rules);
  reset(world);
  return world.consul.record !== record;
}

/** What should have come up by itself, and did not. */
function findProblem(world: World): string | undefined {
  const { record, retired } = world.consul;
  if (record === undefined) return findUnborn(world);
  const isSwapped = world.discovery === 'srv' && !record.members.every(({ peer_url: url }) => isHere(world, url));
  if (isSwapped || !canServe(world, record)) return undefined;
  const wanted = world.hosts.filter(({ disk }) => !retired.has(disk.incarnation));
  const idle = wanted.filter((host) => host.disk.wal && !host.etcd && !isBeyondHelp(world, host));
  if (idle.length > 0) return `${names(idle)} did not start with the data there`;
  const stray = wanted.filter((host) => host.etcd && host.disk.wal?.clusterId !== record.cluster_id);
  if (stray.length > 0) return `${names(stray)} runs in another cluster than the record's`;
  const seats = elect(running(world, record.cluster_id, 0))?.head.config.seats;
  if (seats === undefined) return 'no quorum runs';
  const most = Math.max(world.size, record.size);
  // Nobody guards the last look of a gate that has lost the lock.
  if (seats.length > most && !world.consul.lockWasLost) return `${seats.length} members where ${most} are wanted`;
  // Without anybody who waits nobody takes the place of one that is gone.
  const learner = seats.find((seat) => seat.learner && wanted.some(({ url }) => url === seat.url));
  if (learner !== undefined) return `${learner.url} is a learner still`;
  const waiting = wanted.filter((host) => !host.etcd && host.disk.wal === undefined);
  const outside = wanted.filter((host) => host.etcd && !seats.some(({ id }) => id === host.disk.wal?.memberId));
  if (outside.length > 0) return `${names(outside)} runs, and is no member`;
  if (waiting.length === 0) return undefined;
  const missing = seats.filter(({ url }) => !wanted.some((host) => host.etcd && host.url === url));
  if (missing.length > 0) return `${names(waiting)} waits, and ${missing.map(({ url }) => url)} is dead`;
  const homeless = waiting.filter(({ size }) => seats.length < size);
  return homeless.length > 0 ? `${names(homeless)} waits, with ${seats.length} members` : undefined;
}

const names = (hosts: readonly Host[]) => hosts.map(({ name }) => name).join(', ');

const isHere = ({ hosts }: World, url: string) => hosts.some((host) => host.url === url);

/** The same where no record says what it should be. */
function findUnborn({ hosts, ...world }: World): string | undefined {
  const isNew = hosts.every(({ disk, size }) => disk.phase === 'fresh' && size === hosts.length);
  if (isNew && hosts.length > 0) return `no cluster of ${hosts.length} hosts`;
  const alive = hosts.find(({ disk, name }) => {
    return disk.machine === name && disk.wal && isAlive({ hosts, ...world }, disk.wal.clusterId);
  });
  return alive && `nobody has published the record of cluster ${alive.disk.wal?.clusterId} again`;
}

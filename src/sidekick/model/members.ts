import type { Seen } from '../ready/observed.ts';
import type { Membership } from '../shared/etcd.ts';
import { commit, lead, running } from './etcd.ts';
import { type Election, makeConfig, nameIn, quorumOf, type Seat } from './log.ts';
import type { Host, World } from './world.ts';

/** The members as the log has them, asked by a host of those at these peer URLs. Learners do not answer. */
export function readMembers(world: World, asker: Host, urls: ReadonlySet<string>): Seen<Membership> {
  for (const { etcd, disk, net, url, name } of world.hosts) {
    if (!etcd || net !== asker.net || disk.wal === undefined || !urls.has(url)) continue;
    const { clusterId, memberId } = disk.wal;
    const config = lead(world, clusterId, net)?.head.config;
    if (!config?.voters.includes(memberId)) continue;
    const members = config.seats.map((seat) => ({
      id: seat.id,
      name: world.named.has(`${clusterId}/${seat.id}`) ? nameIn(seat.url) : '',
      peerUrls: [seat.url],
      isLearner: seat.learner,
    }));
    return { known: true, value: { clusterId, members, via: name } };
  }
  return { known: false, cause: 'no healthy quorum answers' };
}

/** Who leads, as far as the host sees, and who is connected there. */
function reach(world: World, host: Host, cluster: string): { won: Election; active: Set<string> } | undefined {
  const won = lead(world, cluster, host.net);
  if (won === undefined) return undefined;
  return { won, active: new Set(running(world, cluster, host.net).map(({ memberId }) => memberId)) };
}

function change(world: World, cluster: string, won: Election, seats: Seat[], removed?: string): void {
  const { config } = won.head;
  commit(world, cluster, won, makeConfig(seats, removed === undefined ? config.removed : [...config.removed, removed]));
}

/** Adds the host as learner; its ID, unless etcd refuses. */
export function addLearner(world: World, host: Host, cluster: string): string | undefined {
  const at = reach(world, host, cluster);
  if (at === undefined) return undefined;
  const { seats, voters } = at.won.head.config;
  // One learner at a time, an address once, and only while all voters are connected.
  if (seats.some(({ learner, url }) => learner || url === host.url)) return undefined;
  if (!voters.every((id) => at.active.has(id))) return undefined;
  world.counter += 1;
  const id = `m${world.counter}`;
  change(world, cluster, at.won, [...seats, { id, url: host.url, learner: true }]);
  return id;
}

/** Removes a member, unless etcd refuses: of the voters that remain a quorum must have started, and be connected. */
export function removeMember(world: World, host: Host, cluster: string, id: string): boolean {
  const at = reach(world, host, cluster);
  const seat = at?.won.head.config.seats.find((one) => one.id === id);
  if (at === undefined || seat === undefined) return false;
  const { seats, voters } = at.won.head.config;
  if (!seat.learner) {
    const others = voters.filter((voter) => voter !== id);
    const started = others.filter((voter) => world.named.has(`${cluster}/${voter}`));
    if (others.length === 0 || started.length < quorumOf(others)) return false;
    const connected = others.filter((voter) => at.active.has(voter));
    if (at.active.has(id) && connected.length < quorumOf(others)) return false;
  }
  const rest = seats.filter((one) => one !== seat);
  change(world, cluster, at.won, rest, id);
  return true;
}

/** A member that hears a leader tells its name; a learner has caught up then. */
export function publish(world: World, host: Host): void {
  const { wal } = host.disk;
  if (!host.etcd || wal === undefined) return;
  const won = lead(world, wal.clusterId, host.net);
  const seat = won?.head.config.seats.find(({ id }) => id === wal.memberId);
  if (won === undefined || seat === undefined) return;
  if (seat.learner) wal.head = won.head;
  world.named.add(`${wal.clusterId}/${wal.memberId}`);
}

/** Gives a learner its vote. */
export function promote(world: World, host: Host, cluster: string, id: string): void {
  const at = reach(world, host, cluster);
  const { wal } = host.disk;
  if (at === undefined || wal?.memberId !== id || !host.etcd) return;
  const { seats, voters } = at.won.head.config;
  if (!seats.some((seat) => seat.id === id && seat.learner)) return;
  const started = voters.filter((voter) => world.named.has(`${cluster}/${voter}`)).length + 1;
  if (started < quorumOf([...voters, id])) return;
  change(
    world,
    cluster,
    at.won,
    seats.map((seat) => (seat.id === id ? { ...seat, learner: false } : seat)),
  );
  world.story?.push(`${host.name} is promoted`);
}

import { commit, lead } from './etcd.ts';
import { type Election, makeConfig, quorumOf, type Seat } from './log.ts';
import { running } from './running.ts';
import { next, type World } from './world.ts';

/** The leader that those in a net see, and the members that are connected there. */
function reach(world: World, net: number, cluster: string): { won: Election; active: Set<string> } {
  const won = lead(world, cluster, net);
  if (won === undefined) throw new Error('etcdserver: no leader');
  return { won, active: new Set(running(world, cluster, net).map(({ memberId }) => memberId)) };
}

function change(world: World, cluster: string, won: Election, seats: readonly Seat[], removed?: string): void {
  const { config } = won.head;
  const named = config.named.filter((id) => id !== removed);
  const gone = removed === undefined ? config.removed : [...config.removed, removed];
  commit(world, cluster, won, makeConfig(seats, named, gone));
}

/** Adds a learner; its ID. */
export function addLearner(world: World, net: number, cluster: string, url: string): string {
  const { won, active } = reach(world, net, cluster);
  const { seats, voters } = won.head.config;
  // One learner at a time, an address once, and only while all voters are connected.
  if (seats.some((seat) => seat.learner)) throw new Error('etcdserver: too many learner members in cluster');
  if (seats.some((seat) => seat.url === url)) throw new Error('etcdserver: Peer URLs already exists');
  if (!voters.every((id) => active.has(id))) throw new Error('etcdserver: unhealthy cluster');
  const id = next(world).toString(16).padStart(16, '0');
  change(world, cluster, won, [...seats, { id, url, learner: true }]);
  return id;
}

/** Removes a member: of the voters that remain a quorum must have started, and be connected. */
export function removeMember(world: World, net: number, cluster: string, id: string): void {
  const { won, active } = reach(world, net, cluster);
  const { seats, voters, named } = won.head.config;
  const seat = seats.find((one) => one.id === id);
  if (seat === undefined) throw new Error('etcdserver: member not found');
  if (!seat.learner) {
    const others = voters.filter((voter) => voter !== id);
    const started = others.filter((voter) => named.includes(voter));
    if (others.length === 0 || started.length < quorumOf(others)) {
      throw new Error('etcdserver: re-configuration failed due to not enough started members');
    }
    const connected = others.filter((voter) => active.has(voter));
    if (active.has(id) && connected.length < quorumOf(others)) throw new Error('etcdserver: unhealthy cluster');
  }
  change(
    world,
    cluster,
    won,
    seats.filter((one) => one !== seat),
    id,
  );
}

/** Gives a learner its vote, once it has caught up. */
export function promote(world: World, net: number, cluster: string, id: string): void {
  const { won } = reach(world, net, cluster);
  const { seats, voters, named } = won.head.config;
  const learner = running(world, cluster, net).find(({ memberId }) => memberId === id);
  if (!seats.some((seat) => seat.id === id && seat.learner)) throw new Error('etcdserver: can only promote a learner');
  if (learner?.head?.order !== won.head.order) throw new Error('etcdserver: learner is not in sync with leader');
  if (voters.filter((voter) => named.includes(voter)).length + 1 < quorumOf([...voters, id])) {
    throw new Error('etcdserver: re-configuration failed due to not enough started members');
  }
  const voting = seats.map((seat) => (seat.id === id ? { ...seat, learner: false } : seat));
  change(world, cluster, won, voting);
}

/** A member is at another address from now on. */
export function updateMember(world: World, net: number, cluster: string, id: string, url: string): void {
  const { won } = reach(world, net, cluster);
  const { seats } = won.head.config;
  if (!seats.some((seat) => seat.id === id)) throw new Error('etcdserver: member not found');
  if (seats.some((seat) => seat.id !== id && seat.url === url)) throw new Error('etcdserver: Peer URLs already exists');
  const there = seats.map((seat) => (seat.id === id ? { ...seat, url } : seat));
  change(world, cluster, won, there);
}

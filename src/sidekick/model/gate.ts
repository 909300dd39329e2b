import type { Decision, Observed, Seen } from '../ready/observed.ts';
import type { Member } from '../shared/etcd.ts';
import { type ClusterRecord, memberIdOf } from '../shared/record.ts';
import { acquire, agree, reachesConsul, register, release } from './consul.ts';
import { findServing } from './etcd.ts';
import { addLearner, readMembers, removeMember } from './members.ts';
import { deadAmong, observe, POLICY, probe, urlsOf } from './observe.ts';
import type { Rules } from './rules.ts';
import { type Host, losesReply, type World } from './world.ts';

/** What the gate's process remembers; gone when it ends. */
export interface Gate {
  look: Observed | undefined;
  /** Not yet carried out. */
  decision: Decision | undefined;
  session: number | undefined;
  added: string | undefined;
  /** How many members there were when it removed the one that the host was; 0: it did not. */
  room: number;
  /** By peer URL. */
  silentSince: Map<string, number>;
  lookedAt: number;
}

/** How etcd is launched: with its data, or with nothing and a list. */
export type Launch =
  | { how: 'data' }
  | { how: 'new'; record: ClusterRecord }
  | { how: 'existing'; record: ClusterRecord; members: Member[] };

/** Looks at the disk, at Consul, and with data at the cluster. */
export function look(world: World, host: Host, rules: Rules): void {
  if (!host.up || host.etcd || host.launch !== undefined) return;
  decideAnew(host, observe(world, host, rules), rules);
}

function decideAnew({ gate }: Host, seen: Observed, rules: Rules): void {
  gate.look = seen;
  gate.decision = rules.decide(seen);
}

/** Carries out what was decided, which may be one more look. Whether there is more to do at once. */
export function act(world: World, host: Host, rules: Rules): boolean {
  const { decision, look: seen } = host.gate;
  if (!host.up || decision === undefined || seen === undefined) return false;
  host.gate.decision = undefined;
  world.story?.push('cause' in decision ? `${host.name} waits: ${decision.cause}` : `${host.name}: ${decision.do}`);
  switch (decision.do) {
    case 'probe':
      decideAnew(host, { ...seen, probe: probe(world, host, seen) }, rules);
      return true;
    case 'lock':
      return lockAndAsk(world, host, seen, rules);
    case 'start':
      if (seen.record.known && seen.record.value === undefined && host.disk.record && reachesConsul(world, host)) {
        if (world.consul.record === undefined) agree(world, host.disk.record);
      }
      host.launch = { how: 'data' };
      return true;
    case 'new':
    case 'existing':
      launch(world, host, decision, rules);
      return true;
    case 'propose':
      create(world, host, seen, decision.record, rules);
      return true;
    case 'add':
    case 'remove':
      return change(world, host, seen, decision);
    case 'set-aside':
      host.disk = { ...host.disk, wal: undefined, mark: false };
      return true;
    default:
      release(world, host);
      return false;
  }
}

function lockAndAsk(world: World, host: Host, seen: Observed, rules: Rules): boolean {
  if (!reachesConsul(world, host)) return false;
  let membership: Seen<NonNullable<Extract<Observed['membership'], { known: true }>>['value']>;
  let dead: string[] = [];
  if (acquire(world, host, rules)) {
    membership = readMembers(world, host, urlsOf(seen));
    const alive = seen.candidates.known ? seen.candidates.value : [];
    if (membership.known) dead = deadAmong(world, host, membership.value.members, alive, rules);
  } else membership = { known: false, cause: 'another host is about to; one at a time' };
  const { added, room } = host.gate;
  const left = membership.known && rules.keepsRoom ? membership.value.members.length : 0;
  decideAnew(host, { ...seen, membership, dead, attempt: { added, replaced: left < room } }, rules);
  return true;
}

function launch(world: World, host: Host, decision: Extract<Decision, { do: 'new' | 'existing' }>, rules: Rules): void {
  const { record } = decision;
  const { incarnation, machine } = host.disk;
  host.launch = decision.do === 'new' ? { how: 'new', record } : { how: 'existing', record, members: decision.members };
  host.disk = {
    incarnation,
    machine,
    phase: 'launched',
    record,
    memberId: decision.do === 'new' ? memberIdOf(record, incarnation) : decision.memberId,
    launchedAt: host.url,
    quarantined: undefined,
    wal: host.disk.wal,
    mark: true,
  };
  register(world, host, rules);
  release(world, host);
  refuseRetired(world, host);
}

function refuseRetired(world: World, host: Host): void {
  if (world.consul.retired.has(host.disk.incarnation)) world.violation ??= `${host.name} was retired, and is back`;
}

function create(world: World, host: Host, seen: Observed, record: ClusterRecord, rules: Rules): void {
  if (!reachesConsul(world, host) || (world.consul.record !== undefined && rules.compareAndSet)) return;
  // Consul's data lost, and a disk of the old cluster out of sight: it looks exactly like a new cluster.
  const isHidden = ({ name, disk }: Host) =>
    (disk.wal !== undefined || disk.phase === 'launched') &&
    !(seen.candidates.known && seen.candidates.value.some((peer) => peer.node === name && peer.meta.state !== 'empty'));
  if (world.consul.wasLost && record !== host.disk.record && world.hosts.some(isHidden)) world.excused = true;
  const other = findServing(world);
  if (other !== undefined && other !== record.cluster_id) {
    world.violation ??= `${host.name} made a second cluster beside ${other}, which serves`;
  }
  const isSmall = record !== host.disk.record && record.size !== host.size;
  if (isSmall) {
    world.violation ??= `${host.name} made a cluster of ${record.size} members where ${host.size} are wanted`;
  }
  agree(world, record);
}

/** One change of the membership; when it was not made, the gate waits, and lets others have their turn. */
function change(world: World, host: Host, seen: Observed, decision: Change): boolean {
  if (!seen.membership?.known) return false;
  const { clusterId, members } = seen.membership.value;
  const isDone =
    decision.do === 'add' ? add(world, host, clusterId) : remove(world, host, clusterId, members, decision.memberId);
  if (isDone) return true;
  world.story?.push('refused, or the reply was lost');
  release(world, host);
  return false;
}

type Change = Extract<Decision, { do: 'add' | 'remove' }>;

/** Whether the host knows that it was added. */
function add(world: World, host: Host, cluster: string): boolean {
  const id = addLearner(world, host, cluster);
  if (id === undefined) return false;
  refuseRetired(world, host);
  if (losesReply(host)) return false;
  host.gate.added = id;
  return true;
}

/** Whether the host knows that it was removed. */
function remove(world: World, host: Host, cluster: string, members: Member[], id: string): boolean {
  if (!removeMember(world, host, cluster, id)) return false;
  const urls = members.find((member) => member.id === id)?.peerUrls ?? [];
  const isOwn = urls.includes(host.url);
  const wasThere = urls.some((url) => world.clock - (world.present.get(url) ?? Number.NEGATIVE_INFINITY) < POLICY - 1);
  if (wasThere && !isOwn) world.violation ??= `${host.name} removed ${urls}, which was there a moment ago`;
  world.story?.push(`removed ${urls}`);
  if (losesReply(host)) return false;
  if (isOwn) host.gate.room = members.length;
  return true;
}

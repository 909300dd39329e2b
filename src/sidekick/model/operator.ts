import { lineageKey, listKey, recordKey, retiredKey } from '../shared/keys.ts';
import { retiredText, signedText } from '../shared/proof.ts';
import { type ClusterRecord, lineageOf, makeRecord } from '../shared/record.ts';
import { canServe, currentOf } from './alive.ts';
import { candidates, setKey } from './consul.ts';
import { elect } from './log.ts';
import { removeMember } from './members.ts';
import type { Move } from './play.ts';
import { prove } from './proofs.ts';
import { running } from './running.ts';
import { urlOf } from './settings.ts';
import { CLUSTER, EPOCH, next, volumeOf, type World } from './world.ts';

/** Puts a signed record where hosts look. */
function decree(world: World, record: ClusterRecord): void {
  const signed = { ...record, proof: prove(signedText(CLUSTER, record)) };
  world.signed.set(record.cluster_id, signed);
  world.agreed.set(record.cluster_id, signed);
  const text = JSON.stringify(signed);
  setKey(world, recordKey(CLUSTER), text);
  setKey(world, lineageKey(CLUSTER, lineageOf(record)), text);
}

/** An operator says that all data is lost, when it is. */
export function reset(world: World, isAsked = false): void {
  const former = currentOf(world);
  if (!world.consul.hasLeader || former === undefined || (!isAsked && canServe(world, former))) return;
  const peers = candidates(world).filter(({ meta }) => !world.retired.has(meta.incarnation ?? ''));
  const isRunning = world.hosts.some(({ etcd, net }) => etcd && net === 0);
  const isRefused =
    isRunning ||
    peers.some(({ meta }) => !['empty', 'launched'].includes(meta.state ?? '') || meta.size !== String(peers.length));
  if (isRefused || peers.length === 0) return;
  const members = peers.map(({ node, meta, address }) => ({
    name: node,
    incarnation: meta.incarnation ?? '',
    peer_url: urlOf(world, address),
  }));
  const generation = Math.max(former.generation + 1, EPOCH + Math.floor(world.clock / 1000));
  const made = makeRecord(members, `t${next(world)}`, generation);
  decree(world, { ...made, lineage: lineageOf(former) });
  world.story?.push(`an operator resets: cluster ${made.cluster_id} of ${peers.map(({ node }) => node)}`);
}

/** Acts of an operator, with his key. */
export const operators = {
  reset: (world) => reset(world),
  /** Under the lock, the mark and then the member's removal. */
  retire: (world, host) => {
    const { consul } = world;
    const record = currentOf(world);
    const { identity } = volumeOf(host);
    if (!consul.hasLeader || consul.lock !== undefined || !record || identity?.machineId !== host.root.machineId)
      return;
    const won = elect(running(world, record.cluster_id, 0));
    const mine = won?.head.config.seats.find(({ url }) => url === urlOf(world, host.address));
    if (won === undefined || mine === undefined) return;
    try {
      removeMember(world, 0, record.cluster_id, mine.id);
    } catch {
      return;
    }
    const { incarnation } = identity;
    const proof = prove(retiredText(CLUSTER, incarnation, mine.id));
    setKey(world, retiredKey(CLUSTER, incarnation), JSON.stringify({ name: host.name, member: mine.id, proof }));
    const key = listKey(CLUSTER, lineageOf(record));
    const list = consul.keep.entries.get(key)?.value;
    const voters = won.head.config.voters.length - (mine.learner ? 0 : 1);
    if (list !== undefined) {
      try {
        setKey(world, key, JSON.stringify({ ...JSON.parse(list), size: voters }));
      } catch {}
    }
    world.retired.add(incarnation);
    world.story?.push(`an operator retires ${incarnation}`);
  },
} satisfies Record<string, Move>;

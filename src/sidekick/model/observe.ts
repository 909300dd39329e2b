import type { Observed, Peer, Seen } from '../ready/observed.ts';
import type { Member } from '../shared/etcd.ts';
import { candidates, reachesConsul } from './consul.ts';
import { srvUrls } from './etcd.ts';
import { readMembers } from './members.ts';
import type { Rules } from './rules.ts';
import { type Host, identify, type World } from './world.ts';

/** How long a member must be silent to be dead, in ticks of the clock. */
export const POLICY = 3;

const silence = { known: false, cause: 'Consul has no leader' } as const;

function seen<T>(asked: boolean, value: T): Seen<T> {
  return asked ? { known: true, value } : silence;
}

/** Where members of the cluster may be. */
export function urlsOf({ self, record, candidates }: Pick<Observed, 'self' | 'record' | 'candidates'>): Set<string> {
  const list = (record.known && record.value) || self.record;
  const alive = candidates.known ? candidates.value.map((peer) => peer.peerUrl) : [];
  return new Set([...alive, ...(list?.members.map((member) => member.peer_url) ?? [])]);
}

export function observe(world: World, host: Host, rules: Rules): Observed {
  identify(world, host, rules.freshCopies);
  const { disk } = host;
  const asked = reachesConsul(world, host);
  const wal = disk.wal !== undefined;
  world.counter += 1;
  const look: Observed = {
    self: {
      name: host.name,
      peerUrl: host.url,
      size: host.size,
      scheme: 'http',
      incarnation: disk.incarnation,
      phase: disk.phase,
      wal,
      record: disk.record,
      memberId: disk.memberId,
      launchedAt: disk.launchedAt,
      untouched: disk.mark && !wal,
      cloned: disk.machine !== host.name,
      quarantined: disk.quarantined,
      asksDns: world.discovery === 'srv',
      unfit: undefined,
    },
    record: seen(asked, world.consul.record),
    // Going on from one disk alone is an operator's word, and no part of this model.
    retired: asked && world.consul.retired.has(disk.incarnation),
    candidates: seen<Peer[]>(asked, asked ? candidates(world) : []),
    probe: undefined,
    token: `t${world.counter}`,
    membership: undefined,
    dead: [],
    attempt: { added: undefined, replaced: false },
  };
  if (wal) look.membership = readMembers(world, host, urlsOf(look));
  return look;
}

export function isAnswering(world: World, host: Host, url: string): boolean {
  return world.hosts.some((other) => other.url === url && other.etcd && other.net === host.net);
}

export function probe(world: World, host: Host, { record, candidates }: Observed): Observed['probe'] {
  const listed = record.known
    ? record.value?.members.map(({ name, peer_url }) => ({ name, url: peer_url }))
    : undefined;
  const alive = candidates.known ? candidates.value.map(({ node, peerUrl }) => ({ name: node, url: peerUrl })) : [];
  const hosts = listed ?? alive;
  const found = srvUrls(world, host, false);
  const agrees = found.length === hosts.length && hosts.every(({ url }) => found.includes(url));
  return {
    answering: hosts.filter(({ url }) => isAnswering(world, host, url)).map(({ name }) => name),
    dns: agrees ? { known: true, value: 'agrees' } : { known: false, cause: `DNS names ${found.length} hosts` },
  };
}

/** Peer URLs where nobody was for as long as the policy says. */
export function deadAmong(world: World, host: Host, members: Member[], alive: Peer[], rules: Rules): string[] {
  const { gate } = host;
  if (rules.steadyWatch && world.clock - gate.lookedAt > 1) gate.silentSince.clear();
  gate.lookedAt = world.clock;
  const dead: string[] = [];
  for (const url of members.flatMap(({ peerUrls }) => peerUrls)) {
    if (alive.some((peer) => peer.peerUrl === url) || isAnswering(world, host, url)) gate.silentSince.delete(url);
    else if (!gate.silentSince.has(url)) gate.silentSince.set(url, world.clock);
    if (world.clock - (gate.silentSince.get(url) ?? world.clock) >= POLICY) dead.push(url);
  }
  return dead;
}

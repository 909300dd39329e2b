import { launchKey, lineageKey, listKey, recordKey, retiredKey } from '../shared/keys.ts';
import { type ClusterRecord, lineageOf, makeRecord } from '../shared/record.ts';
import { changed, loseLock, setKey } from './consul.ts';
import { truthOf } from './guard.ts';
import type { Seat } from './log.ts';
import type { Move } from './play.ts';
import { FORGED } from './proofs.ts';
import { urlOf } from './settings.ts';
import { CLUSTER, EPOCH, type Host, next, type Stranger, volumeOf, type World } from './world.ts';

/** Where strangers are at home. */
const OUTSIDE = ['10.9.0.1', '10.9.0.2', '10.9.0.3'];

/** A well-formed record of others. */
function foreign(world: World, change: Partial<ClusterRecord> = {}): ClusterRecord {
  const members = OUTSIDE.map((address, index) => ({
    name: `x${index + 1}`,
    incarnation: `xi${index + 1}`,
    peer_url: urlOf(world, address),
  }));
  return { ...makeRecord(members, 'foreign', EPOCH + 80_000), ...change };
}

const recordOf = (host: Host) => volumeOf(host).identity?.record;

/** The lineage and the cluster that a liar speaks of: the one of this host. */
function about(host: Host): { lineage: string; cluster: string } {
  const record = recordOf(host);
  return record
    ? { lineage: lineageOf(record), cluster: record.cluster_id }
    : { lineage: '0'.repeat(16), cluster: '0'.repeat(16) };
}

/** A list that leaves this host out, or in, in the way of a liar. */
function falseSeats(world: World, host: Host, way: number): Seat[] {
  const true_ = truthOf(world, about(host).cluster) ?? [];
  const strangers = OUTSIDE.map((address, index) => ({
    id: `ffffffffffffff0${index}`,
    url: urlOf(world, address),
    learner: false,
  }));
  const others = true_.filter(({ url }) => url !== urlOf(world, host.address));
  return (
    [[...others], [...others, ...strangers.slice(0, 1)], strangers, [...true_, ...strangers.slice(0, 2)]][way % 4] ?? []
  );
}

const nameOf = (world: World, url: string) =>
  world.hosts.find(({ address }) => urlOf(world, address) === url)?.name ?? 'x';

function listed(world: World, seats: readonly Seat[]) {
  return seats.map(({ id, url, learner }) => ({ id, name: nameOf(world, url), url, learner }));
}

/** Puts another value at a key, as anybody can. */
function lie(world: World, key: string, value: string | undefined): void {
  const isRecord = key.endsWith('/record') || key === recordKey(CLUSTER);
  if (isRecord && world.consul.keep.entries.has(key)) world.consul.wasLost = true;
  world.meddled += 1;
  world.verified.delete(/\/launch\/(.+)$/.exec(key)?.[1] ?? '');
  world.retired.delete(/\/retired\/(.+)$/.exec(key)?.[1] ?? '');
  world.story?.push(
    `somebody ${value === undefined ? 'deletes' : 'writes'} ${key}${value === undefined ? '' : `: ${value}`}`,
  );
  setKey(world, key, value);
}

const ways = {
  record: (world: World, host: Host, way: number): [string, string] => {
    const { lineage } = about(host);
    const own = recordOf(host);
    const other = foreign(world);
    const texts: [string, string][] = [
      [recordKey(CLUSTER), JSON.stringify(other)],
      [recordKey(CLUSTER), JSON.stringify(foreign(world, { proof: FORGED }))],
      [lineageKey(CLUSTER, lineage), JSON.stringify(foreign(world, { lineage }))],
      [lineageKey(CLUSTER, lineage), JSON.stringify(foreign(world, { lineage, proof: FORGED }))],
      [lineageKey(CLUSTER, lineageOf(other)), JSON.stringify(other)],
      [recordKey(CLUSTER), '{"generation": oops'],
      [lineageKey(CLUSTER, lineage), 'null'],
      // A true record with a signature that was made for another.
      [lineageKey(CLUSTER, lineage), JSON.stringify({ ...(own ?? other), generation: 2_000_000_000, lineage })],
    ];
    return texts[way % texts.length] as [string, string];
  },
  list: (world: World, host: Host, way: number): [string, string] => {
    const { lineage, cluster } = about(host);
    const seats = falseSeats(world, host, way);
    const members = listed(world, seats).map(({ id, name, url, learner }) => ({ id, name, peer_urls: [url], learner }));
    const size = [1, 3, 9, members.length][Math.floor(way / 4) % 4];
    return [listKey(CLUSTER, lineage), way % 7 === 6 ? '[]' : JSON.stringify({ cluster_id: cluster, members, size })];
  },
  launch: (_: World, host: Host, way: number): [string, string] => {
    const id = volumeOf(host).identity?.memberId ?? '0'.repeat(16);
    const nonce = way % 2 === 0 ? 'other' : (volumeOf(host).identity?.nonce ?? 'other');
    const value = way % 5 === 4 ? 'oops' : JSON.stringify({ nonce, log: way % 3 === 0 });
    return [launchKey(CLUSTER, about(host).lineage, id), value];
  },
  retired: (_: World, host: Host, way: number): [string, string] => {
    const { incarnation = 'none', memberId: member = '0'.repeat(16) } = volumeOf(host).identity ?? {};
    const value = [
      host.name,
      JSON.stringify({ name: host.name, member }),
      JSON.stringify({ name: host.name, member, proof: FORGED }),
    ];
    return [retiredKey(CLUSTER, incarnation), value[way % 3] ?? ''];
  },
};

/** Anybody who can write to Consul, or listen at a port, and has no key of the operator's. */
export const liars = {
  'lie-record': (world, host, way) => lie(world, ...ways.record(world, host, way)),
  'lie-list': (world, host, way) => lie(world, ...ways.list(world, host, way)),
  'lie-launch': (world, host, way) => lie(world, ...ways.launch(world, host, way)),
  'lie-retired': (world, host, way) => lie(world, ...ways.retired(world, host, way)),
  'delete-key': (world, _host, way) => {
    const keys = [...world.consul.keep.entries.keys()];
    const key = keys[way % Math.max(1, keys.length)];
    if (key !== undefined) lie(world, key, undefined);
  },
  /** All keys gone, and a cluster of this host's, alone or with strangers, in their place: at once, as one transaction. */
  'lie-birth': (world, host, way) => {
    const { incarnation } = volumeOf(host).identity ?? {};
    // One host alone has nobody to ask.
    if (incarnation === undefined || host.size === 1) return;
    for (const key of [...world.consul.keep.entries.keys()]) lie(world, key, undefined);
    const mine = { name: host.name, incarnation, peer_url: urlOf(world, host.address) };
    const strangers = foreign(world).members.slice(0, [0, host.size - 1][way % 2]);
    const record = makeRecord([mine, ...strangers], `forged-${next(world)}`, EPOCH + Math.floor(world.clock / 1000));
    lie(world, recordKey(CLUSTER), JSON.stringify(record));
    lie(world, lineageKey(CLUSTER, record.cluster_id), JSON.stringify(record));
  },
  /** A value that stood there once, signed or not. */
  replay: (world, _host, way) => {
    const { past } = world.consul.keep;
    const old = past[past.length - 1 - (way % Math.max(1, past.length))];
    if (old !== undefined) lie(world, old.key, old.value);
  },
  'hold-lock': (world) => {
    loseLock(world);
    const session = `s${next(world)}`;
    world.consul.sessions.set(session, 'stranger');
    world.consul.lock = { owner: 'stranger', session, until: Number.POSITIVE_INFINITY };
  },
  'lie-catalog': (world, host, way) => {
    const { catalog } = world.consul;
    const { incarnation = 'x' } = volumeOf(host).identity ?? {};
    const isTwin = way % 4 === 1;
    const address = isTwin ? host.address : (OUTSIDE[way % 3] ?? '');
    const state = ['empty', 'member', 'launched', 'remains'][way % 4];
    const meta = {
      incarnation: way % 3 === 0 ? incarnation : `x${way}`,
      state,
      size: String(host.size),
      scheme: world.scheme,
      cid: '',
    };
    const Tags = [`_etcd-server${world.scheme === 'https' ? '-ssl' : ''}._tcp.${CLUSTER}`];
    const service = { ID: 'x-server', Name: 'etcd3', Tags, Address: address, Port: 2380, Meta: meta } as const;
    const services = new Map([['x-server', service as never]]);
    catalog.nodes.set(`x${way % 3}`, { name: `x${way % 3}`, id: '', address, passing: true, services });
    changed(catalog);
  },
  /** Until the agent tells it again. */
  hide: ({ consul: { catalog } }, host) => {
    if (catalog.nodes.delete(host.name)) changed(catalog);
  },
  /** Somebody answers as members do: far away, or, in plain, at the port of a host whose etcd is down. */
  'answer-falsely': (world, host, way) => {
    const { cluster } = about(host);
    const seats = falseSeats(world, host, way);
    const stranger: Stranger = { clusterId: way % 5 === 4 ? 'f'.repeat(16) : cluster, members: listed(world, seats) };
    const at = way % 3;
    const others = world.hosts.filter((other) => other !== host && !other.etcd);
    const address = at === 0 ? OUTSIDE[0] : (others[way % Math.max(1, others.length)]?.address ?? OUTSIDE[1]);
    world.story?.push(
      `somebody answers at ${address} as of cluster ${stranger.clusterId}: ${stranger.members.map(({ name }) => name)}`,
    );
    world.strangers.set(urlOf(world, address ?? ''), stranger);
  },
  /** A cluster of strangers that passes for this host's, with room for one more, and its list in Consul. */
  'pose-as-cluster': (world, host) => {
    const { lineage, cluster } = about(host);
    const seats = falseSeats(world, host, 2).slice(0, 2);
    const twin: Stranger = { clusterId: cluster, members: listed(world, seats), twin: 'contested' };
    for (const { url } of seats) world.strangers.set(url, twin);
    const members = twin.members.map(({ id, name, url, learner }) => ({ id, name, peer_urls: [url], learner }));
    lie(world, listKey(CLUSTER, lineage), JSON.stringify({ cluster_id: cluster, members, size: 3 }));
  },
  'fall-silent': (world) => world.strangers.clear(),
} satisfies Record<string, Move>;

import { memberId } from '../shared/cluster-id.ts';
import type { Identity } from '../shared/identity.ts';
import { allRecords, type Keys, lineageKey, recordKey } from '../shared/keys.ts';
import { ConsulError, type Membership, type Ports, type Read } from '../shared/ports.ts';
import { retiredText, signedText } from '../shared/proof.ts';
import { type ClusterRecord, lineageOf, membersOf } from '../shared/record.ts';
import { addressIn, peerUrl, type Settings, serverSrvName } from '../shared/settings.ts';
import { choose, latestSigned } from './choose.ts';
import type { Observed, Peer, Probe, Seen } from './observed.ts';
import { callRoll, isNobody, type Silence } from './roll.ts';
import type { Rules } from './rules.ts';

/** With a log on the disk, how long Consul, and then the other members, may take to object. Milliseconds. */
const objection = 1000;

export type Look = Observed & { indexes: { keys: string; candidates: string } };

export async function seen<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { known: true, value: await read() };
  } catch (error) {
    if (error instanceof ConsulError) return { known: false, cause: error.message };
    throw error;
  }
}

export function map<T, U>(from: Seen<T>, change: (value: T) => U): Seen<U> {
  return from.known ? { known: true, value: change(from.value) } : from;
}

const indexOf = (from: Seen<Read<unknown>>) => (from.known ? from.value.index : '0');

/** The keys of which an operator's own hand can be proved. */
function provenOf({ cluster, operatorKeys }: Settings, keys: Keys, { isSigned }: Rules): Set<string> {
  const proven = new Set<string>();
  for (const { record, entry } of allRecords(keys)) {
    if (isSigned(signedText(cluster, record), record.proof, operatorKeys)) proven.add(entry.key);
  }
  for (const [incarnation, { member, proof, key }] of keys.retired) {
    if (isSigned(retiredText(cluster, incarnation, member), proof, operatorKeys)) proven.add(key);
  }
  return proven;
}

export function readProven(settings: Settings, keys: Seen<Keys>, rules: Rules): Set<string> {
  return keys.known ? provenOf(settings, keys.value, rules) : new Set();
}

/**
 * The latest record that an operator has signed, of the one that this disk keeps and those that stand where it looks by name: a list of all
 * keys anybody can make too long to be read.
 */
export async function signedOf(
  settings: Settings,
  { consul }: Ports,
  { record, replaced }: Identity,
  rules: Rules,
  timeout?: number,
): Promise<ClusterRecord | undefined> {
  const { cluster, operatorKeys } = settings;
  // A disk that has lost what it knows of its own cluster cannot tell whether that was signed before it was born.
  const names = record ? [recordKey(cluster), lineageKey(cluster, lineageOf(record))] : [];
  const keys = map(await seen(() => consul.entries(names, timeout)), (all) => rules.sortKeys(cluster, all));
  const there = latestSigned({ keys, proven: readProven(settings, keys, rules) });
  const isKept = replaced && rules.isSigned(signedText(cluster, replaced), replaced.proof, operatorKeys);
  return isKept && !(there && there.generation > replaced.generation) ? replaced : there;
}

/** Looks at the disk and at Consul, both anew; with a log also, for a moment, at the other members. */
export async function observe(settings: Settings, ports: Ports, silence: Silence, rules: Rules): Promise<Look> {
  const { consul, disk, clock } = ports;
  // Before all that is read there: what is mounted meanwhile is not where it was launched, rather than lost.
  const here = (disk.data().state === 'log' ? ifKnown(disk.here) : disk.here()) ?? { location: '', mounted: false };
  const data = disk.data();
  const identity = disk.identity();
  const log = data.state === 'log';
  const timeout = log ? objection : undefined;
  const url = peerUrl(settings, settings.address, settings.peerPort);
  const list = identity.list?.members.flatMap((member) => member.peer_urls);
  const known = list ?? identity.record?.members.map((member) => member.peer_url) ?? [];
  const base = [...new Set([...known, ...(identity.peerUrl ? [identity.peerUrl] : [])])].filter((one) => one !== url);
  silence.begin(clock.now(), gapOf(settings));
  const asking = { silence, timeout: objection, clusterId: identity.record?.cluster_id ?? (log ? data.clusterId : '') };
  const [read, candidates, unfit, answers, signed] = await Promise.all([
    seen(() => consul.keys(timeout)),
    seen(() => consul.candidates(timeout)),
    log ? disk.unfit(undefined) : seen(() => consul.version()).then((one) => disk.unfit(one.known ? one.value : '')),
    log ? callRoll(ports, base, asking) : undefined,
    log ? signedOf(settings, ports, identity, rules, objection) : undefined,
  ]);
  const keys = map(read, ({ value }) => rules.sortKeys(settings.cluster, value));
  const { loggedAt, others } =
    log && base.length === 0 ? fromLog(disk, identity, data, keys, url) : { loggedAt: undefined, others: [] };
  const roll = others.length > 0 ? await callRoll(ports, others, asking) : answers;
  const mark = disk.mark();
  return {
    self: {
      name: settings.name,
      peerUrl: url,
      size: settings.size,
      scheme: settings.scheme,
      incarnation: identity.incarnation,
      phase: identity.phase,
      data,
      agreed: identity.agreed,
      record: identity.record,
      seen: identity.seen,
      signed,
      list: identity.list,
      memberId: identity.memberId,
      launchedAt: identity.peerUrl,
      loggedAt,
      nonce: identity.nonce,
      since: identity.since,
      untouched: !log && mark !== undefined && mark === (identity.nonce ?? ''),
      place: log ? ifKnown(disk.place) : disk.place(),
      here,
      volume: settings.volume,
      cloned: identity.machineId !== disk.machineId(),
      asksDns: settings.discovery === 'srv',
      unfit,
    },
    keys,
    proven: readProven(settings, keys, rules),
    candidates: map(candidates, ({ value }) =>
      value.map((one): Peer => ({ ...one, peerUrl: peerUrl(settings, one.address, one.port) })),
    ),
    leftOut: (candidates.known && candidates.value.unfit) || '',
    probe: undefined,
    token: ports.random(),
    date: clock.date(),
    roll: roll && { known: true, value: { base: others.length > 0 ? others : base, answers: roll, now: clock.now() } },
    patience: settings.replaceDeadAfter * 1000,
    dead: [],
    attempt: { added: undefined, replaced: false },
    indexes: { keys: indexOf(read), candidates: indexOf(candidates) },
  };
}

/** An answer that cannot be read holds no data back. */
export function ifKnown<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * For a disk that has forgotten its members: where its own is by the log, and whom to ask, those that Consul lists for its cluster and
 * whoever is at that place.
 */
function fromLog(
  disk: Ports['disk'],
  { record, peerUrl: at }: Identity,
  { clusterId, memberId: id }: { clusterId: string; memberId: string },
  keys: Seen<Keys>,
  url: string,
): { loggedAt: string | undefined; others: string[] } {
  const loggedAt = record || at ? undefined : ifKnown(() => disk.loggedAt(id));
  const lists = keys.known ? [...keys.value.lists.values()].filter(({ list }) => list.cluster_id === clusterId) : [];
  const urls = lists.flatMap(({ list }) => list.members.flatMap((member) => member.peer_urls));
  const others = [...new Set(loggedAt ? [...urls, loggedAt] : urls)].filter((one) => one !== url);
  return { loggedAt, others };
}

/** A gate looks every few seconds; who was not looked at for longer than this may have been there meanwhile. */
export const gapOf = ({ replaceDeadAfter }: Settings): number => Math.min(30_000, replaceDeadAfter * 1000);

/** The record that a host without a log goes by, if that can be told. */
export function goneBy(seen: Parameters<typeof choose>[0]): ClusterRecord | undefined {
  const chosen = choose(seen);
  return chosen.known ? chosen.value : undefined;
}

/** Whether the record is of those that this host has agreed on. */
export function isAgreed(seen: Observed): boolean {
  const record = goneBy(seen);
  return record !== undefined && seen.self.agreed === membersOf(record);
}

/** Peer URLs of the members that a host without a log knows of: its own list, the published one, or the record's. */
export function baseOf(seen: Observed): string[] {
  const { self, keys } = seen;
  const record = goneBy(seen) ?? self.record;
  if (record === undefined) return [];
  const published = keys.known ? keys.value.lists.get(lineageOf(record))?.list : undefined;
  const lists = [self.list, published].filter((list) => list?.cluster_id === record.cluster_id);
  const urls = lists[0]?.members.flatMap((member) => member.peer_urls) ?? record.members.map((one) => one.peer_url);
  return urls.filter((url) => url !== self.peerUrl);
}

/** Members by the published list, to be asked where nobody of the own one answers: a file that has gone back names who was there then. */
export function published(seen: Observed): string[] {
  const { self, keys } = seen;
  const record = goneBy(seen);
  const list = record && keys.known ? keys.value.lists.get(lineageOf(record))?.list : undefined;
  if (!self.list || list?.cluster_id !== record?.cluster_id) return [];
  return list?.members.flatMap((member) => member.peer_urls).filter((url) => url !== self.peerUrl) ?? [];
}

/**
 * Hosts that say in Consul that they are in the cluster, where its members have never published a list: hosts of old do not, and none that was
 * in at the birth need be left.
 */
export function unlisted(seen: Observed): string[] {
  const { self, keys, candidates } = seen;
  const record = goneBy(seen);
  if (!record || !keys.known || !candidates.known || self.list || keys.value.lists.has(lineageOf(record))) return [];
  return candidates.value
    .filter(({ meta, peerUrl: url }) => meta.cid === record.cluster_id && url !== self.peerUrl)
    .map((peer) => peer.peerUrl);
}

/**
 * Peer URLs of others that may know the cluster, and are asked lest a list be believed that somebody else has written: the members of the record, whose
 * URLs are in the cluster's ID, and hosts that say in Consul that they are in it. They can speak against a list, never for it.
 */
export function witnesses(seen: Observed): string[] {
  const { self, candidates } = seen;
  const record = goneBy(seen) ?? self.record;
  const hosts = candidates.known ? candidates.value : [];
  const saying = hosts.filter(({ meta }) => record && meta.cid === record.cluster_id).map((peer) => peer.peerUrl);
  const all = [...(record?.members.map((member) => member.peer_url) ?? []), ...saying];
  return [...new Set(all)].filter((url) => url !== self.peerUrl);
}

/** Members that have run: they have told where they serve clients, or the record's cluster has them no longer. */
function startedBy({ clusterId, members }: Membership, record: ClusterRecord | undefined): string[] {
  const serving = members.filter(({ clientUrls }) => clientUrls.length > 0).map(({ id }) => id);
  if (clusterId !== record?.cluster_id) return serving;
  const born = record.members.map((one) => memberId(one.peer_url, record.token));
  return [...serving, ...born.filter((id) => !members.some((member) => member.id === id))];
}

/** Asks each host whether etcd runs there already, and DNS, through port 53, whether it names the same hosts. */
export async function probe(settings: Settings, ports: Ports, look: Look): Promise<Probe> {
  const record = goneBy(look);
  const candidates = look.candidates.known ? look.candidates.value.map((one) => ({ ...one, url: one.peerUrl })) : [];
  const hosts =
    record?.members.map((one) => ({ node: one.name, address: addressIn(one.peer_url), url: one.peer_url })) ??
    candidates;
  const started = new Set<string>();
  const strangers: string[] = [];
  const isThere = async ({ node, url }: { node: string; url: string }): Promise<boolean> => {
    try {
      const answer = await ports.etcd.peer(url, objection);
      const { clusterId } = answer;
      if (record && clusterId !== record.cluster_id) strangers.push(`${node} answers as cluster ${clusterId}`);
      for (const id of startedBy(answer, record)) started.add(id);
      return true;
    } catch (error) {
      if (isNobody(error as NodeJS.ErrnoException)) return false;
      // With a record, who does not tell is no reason against: etcd itself looks at the others once more.
      if (record !== undefined) return true;
      throw new Error(`cannot tell whether etcd runs at a candidate already: ${(error as Error).message}`);
    }
  };
  const asksDns = record === undefined || look.self.asksDns;
  const isListed = ({ url }: { url: string }) => hosts.some((one) => one.url === url);
  const others = [...hosts, ...candidates.filter((one) => !isListed(one))].filter(
    ({ url }) => url !== look.self.peerUrl || record === undefined,
  );
  const [answers, dns, machines] = await Promise.all([
    Promise.all(others.map(isThere)),
    asksDns ? dnsAgrees(settings, ports, hosts) : ({ known: true, value: 'agrees' } as const),
    seen(() => ports.consul.machines()),
  ]);
  const absent = map(machines, (there) =>
    hosts.filter(({ node, address }) => !there.has(`${node} ${address}`)).map(({ node }) => node),
  );
  return {
    answering: others.filter((_, index) => answers[index]).map(({ node }) => node),
    absent,
    strangers,
    started,
    dns,
  };
}

async function dnsAgrees(
  settings: Settings,
  { dns }: Ports,
  hosts: { address: string; url: string }[],
): Promise<Seen<'agrees'>> {
  const name = serverSrvName(settings);
  const [udp, tcp] = await Promise.allSettled([dns.srv(name), dns.countOverTcp(name)]);
  if (udp.status === 'rejected') return { known: false, cause: `DNS at 127.0.0.1:53: ${udp.reason.message}` };
  if (tcp.status === 'rejected') return { known: false, cause: `DNS at 127.0.0.1:53 over TCP: ${tcp.reason.message}` };
  const wanted = hosts.map(({ address, url }) => `${address}:${new URL(url).port}`).sort();
  const found = udp.value;
  if (found.join() !== wanted.join()) {
    return { known: false, cause: `DNS names ${found.join(' ')} where Consul has ${wanted.join(' ')}` };
  }
  if (tcp.value !== wanted.length) {
    return { known: false, cause: `DNS over TCP has ${tcp.value} records where Consul has ${wanted.length}` };
  }
  return { known: true, value: 'agrees' };
}

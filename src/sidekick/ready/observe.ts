import { randomUUID } from 'node:crypto';
import { ConsulError, type Read, readCandidates, readKeys } from '../shared/consul.ts';
import { clusterIdAt, type Membership, readMembership } from '../shared/etcd.ts';
import { hasWal, isUntouched, loadIdentity, readMachineId } from '../shared/identity.ts';
import { addressIn, peerUrl, type Settings, serverSrvName } from '../shared/settings.ts';
import { countOverTcp, srvAddresses } from './dns.ts';
import { fitness } from './fitness.ts';
import type { Observed, Peer, Seen } from './observed.ts';

/** With data on the disk, how long Consul, and then the other members, may take to object. */
const objection = 1000;

export type Look = Observed & { indexes: { keys: string; candidates: string } };

async function seen<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { known: true, value: await read() };
  } catch (error) {
    if (error instanceof ConsulError) return { known: false, cause: error.message };
    throw error;
  }
}

function map<T, U>(from: Seen<T>, change: (value: T) => U): Seen<U> {
  return from.known ? { known: true, value: change(from.value) } : from;
}

function indexOf(from: Seen<Read<unknown>>): string {
  return from.known ? from.value.index : '0';
}

/** Looks at the disk and at Consul, both anew; with data also, for a moment, at the other members. */
export async function observe(settings: Settings): Promise<Look> {
  const wal = hasWal(settings.dataDirectory);
  const machineId = readMachineId();
  const identity = loadIdentity(settings.dataDirectory, machineId);
  const timeout = wal ? objection : undefined;
  const [keys, candidates, unfit] = await Promise.all([
    seen(() => readKeys(settings.cluster, timeout)),
    seen(() => readCandidates(settings, timeout)),
    seen(() => fitness(settings, wal)),
  ]);
  const look: Look = {
    self: {
      name: settings.name,
      peerUrl: peerUrl(settings, settings.address, settings.peerPort),
      size: settings.size,
      scheme: settings.scheme,
      incarnation: identity.incarnation,
      phase: identity.phase,
      wal,
      record: identity.record,
      memberId: identity.memberId,
      launchedAt: identity.peerUrl,
      untouched: isUntouched(settings.dataDirectory),
      cloned: identity.machineId !== machineId,
      quarantined: identity.quarantined,
      asksDns: settings.discovery === 'srv',
      unfit: unfit.known ? unfit.value : undefined,
    },
    record: map(keys, ({ value }) => value.record),
    retired: keys.known && keys.value.value.retired.includes(identity.incarnation),
    candidates: map(candidates, ({ value }) =>
      value.map((one): Peer => ({ ...one, peerUrl: peerUrl(settings, one.address, one.port) })),
    ),
    probe: undefined,
    token: randomUUID(),
    membership: undefined,
    dead: [],
    attempt: { added: undefined, replaced: false },
    indexes: { keys: indexOf(keys), candidates: indexOf(candidates) },
  };
  return wal ? { ...look, membership: await memberList(settings, addressesOf(look), objection) } : look;
}

/** Where members of the cluster may be: those alive by Consul, and those of the record. */
export function addressesOf({ self, record, candidates }: Observed): string[] {
  const list = (record.known && record.value) || self.record;
  const alive = candidates.known ? candidates.value.map((peer) => peer.address) : [];
  return [...new Set([...alive, ...(list?.members.map((member) => addressIn(member.peer_url)) ?? [])])];
}

/** The cluster's list, asked of these members. */
export async function memberList(settings: Settings, addresses: string[], timeout: number): Promise<Seen<Membership>> {
  try {
    return { known: true, value: await readMembership(settings, addresses, timeout) };
  } catch (error) {
    const remedy = 'if none is left: quorumgate reset, or restore';
    return { known: false, cause: `no healthy quorum answers (${(error as Error).message}); ${remedy}` };
  }
}

/** Asks each host whether etcd runs there already, and DNS, through port 53, whether it names the same hosts. */
export async function probe(settings: Settings, look: Look): Promise<NonNullable<Observed['probe']>> {
  const { record, candidates } = look;
  const listed = record.known ? record.value?.members : undefined;
  const hosts =
    listed?.map((one) => ({ node: one.name, address: addressIn(one.peer_url), port: settings.peerPort })) ??
    (candidates.known ? candidates.value : []);
  const [answers, dns] = await Promise.all([
    Promise.all(hosts.map(({ address, port }) => clusterIdAt(settings, address, port, 1000).then(Boolean, orNobody))),
    dnsAgrees(settings, hosts),
  ]);
  return { answering: hosts.filter((_, index) => answers[index]).map((host) => host.node), dns };
}

function orNobody(error: Error): false {
  if (isNobody(error)) return false;
  throw new Error(`cannot tell whether etcd runs at a candidate already: ${error.message}`);
}

/** That nobody is there. Any other error, of certificates say, does not tell. */
export function isNobody({ code = '' }: NodeJS.ErrnoException): boolean {
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(code);
}

async function dnsAgrees(settings: Settings, hosts: { address: string; port: number }[]): Promise<Seen<'agrees'>> {
  const name = serverSrvName(settings);
  const [udp, tcp] = await Promise.allSettled([srvAddresses(name), countOverTcp(name)]);
  if (udp.status === 'rejected') return { known: false, cause: `DNS at 127.0.0.1:53: ${udp.reason.message}` };
  if (tcp.status === 'rejected') return { known: false, cause: `DNS at 127.0.0.1:53 over TCP: ${tcp.reason.message}` };
  const wanted = hosts.map(({ address, port }) => `${address}:${port}`).sort();
  const found = udp.value;
  if (found.join() !== wanted.join()) {
    return { known: false, cause: `DNS names ${found.join(' ')} where Consul has ${wanted.join(' ')}` };
  }
  if (tcp.value !== wanted.length) {
    return { known: false, cause: `DNS over TCP has ${tcp.value} records where Consul has ${wanted.length}` };
  }
  return { known: true, value: 'agrees' };
}

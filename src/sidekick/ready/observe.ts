import { randomUUID } from 'node:crypto';
import { ConsulError, readCandidates, readRecord } from '../shared/consul.ts';
import { clusterIdAt } from '../shared/etcd.ts';
import { hasWal, isUntouched, loadIdentity, readMachineId } from '../shared/identity.ts';
import { peerUrl, type Settings, serverSrvName } from '../shared/settings.ts';
import type { Observed, Peer, Seen } from './decide.ts';
import { countOverTcp, srvAddresses } from './dns.ts';

/** With data on the disk, how long Consul may take to object. */
const objection = 1000;

export type Look = Observed & { indexes: { record: string; candidates: string } };

async function seen<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { known: true, value: await read() };
  } catch (error) {
    if (error instanceof ConsulError) return { known: false, cause: error.message };
    throw error;
  }
}

/** Looks at the disk and at Consul, both anew. */
export async function observe(settings: Settings): Promise<Look> {
  const wal = hasWal(settings.dataDirectory);
  const machineId = readMachineId();
  const identity = loadIdentity(settings.dataDirectory, machineId);
  const [record, candidates] = await Promise.all([
    seen(() => readRecord(settings.cluster, wal ? objection : undefined)),
    wal ? undefined : seen(() => readCandidates(settings)),
  ]);
  const peers = (list: Awaited<ReturnType<typeof readCandidates>>['value']): Peer[] =>
    list.map((one) => ({ ...one, peerUrl: peerUrl(settings, one.address, one.port) }));
  return {
    self: {
      name: settings.name,
      peerUrl: peerUrl(settings, settings.address, settings.peerPort),
      size: settings.size,
      scheme: settings.scheme,
      incarnation: identity.incarnation,
      phase: identity.phase,
      wal,
      record: identity.record,
      untouched: isUntouched(settings.dataDirectory),
      cloned: identity.machineId !== machineId,
    },
    record: record.known ? { known: true, value: record.value.value } : record,
    candidates: candidates?.known
      ? { known: true, value: peers(candidates.value.value) }
      : (candidates ?? { known: false, cause: 'not asked' }),
    probe: undefined,
    token: randomUUID(),
    indexes: {
      record: record.known ? record.value.index : '0',
      candidates: candidates?.known ? candidates.value.index : '0',
    },
  };
}

/** Asks each candidate whether etcd runs there already, and DNS, through port 53, whether it names the same hosts. */
export async function probe(settings: Settings, peers: Peer[]): Promise<NonNullable<Observed['probe']>> {
  const [answers, dns] = await Promise.all([
    Promise.all(peers.map(({ address, port }) => clusterIdAt(settings, address, port, 1000).then(Boolean, isNobody))),
    dnsAgrees(settings, peers),
  ]);
  return { answering: peers.filter((_, index) => answers[index]).map((peer) => peer.node), dns };
}

/** That nobody is there; any other error, of certificates say, tells nothing and is thrown. */
function isNobody(error: Error): false {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(code)) return false;
  throw new Error(`cannot tell whether etcd runs at a candidate already: ${error.message}`);
}

async function dnsAgrees(settings: Settings, peers: Peer[]): Promise<Seen<'agrees'>> {
  const name = serverSrvName(settings);
  const [udp, tcp] = await Promise.allSettled([srvAddresses(name), countOverTcp(name)]);
  if (udp.status === 'rejected') return { known: false, cause: `DNS at 127.0.0.1:53: ${udp.reason.message}` };
  if (tcp.status === 'rejected') return { known: false, cause: `DNS at 127.0.0.1:53 over TCP: ${tcp.reason.message}` };
  const wanted = peers.map(({ address, port }) => `${address}:${port}`).sort();
  const found = udp.value;
  if (found.join() !== wanted.join()) {
    return { known: false, cause: `DNS names ${found.join(' ')} where Consul lists ${wanted.join(' ')}` };
  }
  if (tcp.value !== wanted.length) {
    return { known: false, cause: `DNS over TCP has ${tcp.value} records where Consul lists ${wanted.length}` };
  }
  return { known: true, value: 'agrees' };
}

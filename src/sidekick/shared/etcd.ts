import { ask } from './http.ts';
import type { Settings } from './settings.ts';

/** A member as the cluster lists it. IDs are 16 hex digits: they do not fit into a JavaScript number. */
export interface Member {
  id: string;
  /** Empty until the member has started. */
  name: string;
  peerUrls: string[];
  isLearner: boolean;
}

export interface Membership {
  clusterId: string;
  members: Member[];
  /** Address of the member that answered: a voter, with a quorum behind it. */
  via: string;
}

/**
 * The ID, 16 hex digits, of the cluster whose member listens for peers at this address; rejects when none answers.
 * Peers are told it with every answer, whatever the answer is.
 */
export async function clusterIdAt(settings: Settings, address: string, port: number, timeout: number): Promise<string> {
  const reply = await ask(`${settings.scheme}://${address}:${port}/members`, { timeout, tls: settings.tls });
  const id = reply.headers['x-etcd-cluster-id'];
  if (typeof id !== 'string' || !/^[0-9a-f]{1,16}$/.test(id)) throw new Error(`no etcd at ${address}:${port}`);
  return id.padStart(16, '0');
}

/** Whether the member that listens for peers at this URL lists this one, or nobody listens there. */
export function knows(settings: Settings, peerUrl: string, id: string): Promise<boolean> {
  return ask(`${peerUrl}/members`, { timeout: 1000, tls: settings.tls }).then(
    ({ body }) => body.includes(`"id":${BigInt(`0x${id}`)},`),
    ({ code = '' }: NodeJS.ErrnoException) => ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code),
  );
}

interface WireMember {
  ID: string;
  name?: string;
  peerURLs?: string[];
  isLearner?: boolean;
}

interface WireReply {
  header: { cluster_id: string };
  member?: WireMember;
  members?: WireMember[];
}

/** etcd's JSON gateway writes IDs as decimal strings. */
export const toHex = (decimal: string) => BigInt(decimal).toString(16).padStart(16, '0');

/** One call of etcd's v3 API at the client port of an address. Rejects with etcd's own words. */
export async function call<T = WireReply>(
  settings: Settings,
  address: string,
  path: string,
  body: object,
  timeout: number,
): Promise<T> {
  const url = `${settings.scheme}://${address}:${settings.clientPort}/v3/${path}`;
  const reply = await ask(url, { method: 'POST', body: JSON.stringify(body), timeout, tls: settings.clientTls });
  if (reply.status === 200) return JSON.parse(reply.body) as T;
  throw new Error(/"(?:error|message)":"([^"]*)/.exec(reply.body)?.[1] ?? `status ${reply.status}`);
}

/** The first of these members that can; rejects with what the last of them said. */
async function anyOf<T>(addresses: readonly string[], attempt: (address: string) => Promise<T>): Promise<T> {
  if (addresses.length === 0) throw new Error('no member is known');
  try {
    return await Promise.any(addresses.map(attempt));
  } catch (error) {
    throw new Error((error as AggregateError).errors.map((one: Error) => one.message).at(-1));
  }
}

/** The members as this one knows them, which may be out of date. */
export async function listMembers(settings: Settings, address: string, timeout: number): Promise<Membership> {
  const { header, members = [] } = await call(settings, address, 'cluster/member/list', {}, timeout);
  return {
    clusterId: toHex(header.cluster_id),
    members: members.map(({ ID, name = '', peerURLs = [], isLearner = false }) => {
      return { id: toHex(ID), name, peerUrls: peerURLs, isLearner };
    }),
    via: address,
  };
}

/**
 * The members, as the log has them: a read that needs a quorum brings the member that answers up to date before it is
 * asked for its list (3.4 has no linearizable list). Learners answer no reads.
 */
export function readMembership(settings: Settings, addresses: readonly string[], timeout: number): Promise<Membership> {
  return anyOf(addresses, async (address) => {
    await call(settings, address, 'kv/range', { key: 'AA==' }, timeout);
    return listMembers(settings, address, timeout);
  });
}

export async function removeMember(settings: Settings, via: string, id: string): Promise<void> {
  await call(settings, via, 'cluster/member/remove', { ID: BigInt(`0x${id}`).toString() }, 10_000);
}

/** The new learner's ID. */
export async function addLearner(settings: Settings, via: string, peerUrl: string): Promise<string> {
  const reply = await call(settings, via, 'cluster/member/add', { peerURLs: [peerUrl], isLearner: true }, 10_000);
  return toHex(reply.member?.ID ?? '0');
}

/** Gives a learner its vote; rejects while it is not in sync. */
export async function promoteMember(settings: Settings, via: string, id: string): Promise<void> {
  await call(settings, via, 'cluster/member/promote', { ID: BigInt(`0x${id}`).toString() }, 10_000);
}

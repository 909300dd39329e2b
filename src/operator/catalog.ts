import { type Candidate, ConsulError, parse, readKeys, request } from '../sidekick/shared/consul.ts';
import { type ClusterRecord, recordKey, retiredKey } from '../sidekick/shared/record.ts';
import { peerUrl, type Settings, tagOf } from '../sidekick/shared/settings.ts';
import { OperatorError } from './operator-error.ts';

/** A host with a server record of this cluster in Consul, alive or not. */
export interface Host extends Candidate {
  /** All of Consul's checks pass. */
  alive: boolean;
  /** Where peers would find it, by the operator's spec. */
  peerUrl: string;
}

interface Entry {
  Node: { Node: string; Address: string };
  Service: { ID: string; Tags: string[] | null; Address: string; Port: number; Meta: Record<string, string> | null };
  Checks: { Status: string }[];
}

/**
 * Every host of the cluster that Consul knows, sorted by name, linearizable: also what is not alive, and what is
 * registered under the other scheme, which may hold data just as well.
 */
export async function readHosts(settings: Settings): Promise<Host[]> {
  const tags = (['http', 'https'] as const).map((scheme) => tagOf({ ...settings, scheme }, 'server'));
  const entries = parse<Entry[]>(await request('/v1/health/service/etcd3?consistent'));
  const hosts = entries
    .filter(({ Service }) => Service.Tags?.some((tag) => tags.includes(tag)))
    .map(({ Node, Service, Checks }): Host => {
      const address = Service.Address || Node.Address;
      return {
        node: Node.Node,
        id: Service.ID,
        address,
        port: Service.Port,
        meta: Service.Meta ?? {},
        alive: Checks.every(({ Status }) => Status === 'passing'),
        peerUrl: peerUrl(settings, address, Service.Port),
      };
    });
  return hosts.sort((a, b) => (a.node < b.node ? -1 : 1));
}

/** A machine that has left Consul, or failed, within the last days. */
export interface Departed {
  node: string;
  address: string;
}

/**
 * What the agents remember of machines that are gone. Consul takes a failed server of its own out of the catalog within
 * seconds, and with it all that it said of the host's disk.
 */
export async function readDeparted(): Promise<Departed[]> {
  const all = parse<{ Name: string; Addr: string; Status: number }[]>(await request('/v1/agent/members'));
  // 1 is alive; leaving, left and failed are above it.
  const gone = all.filter(({ Status }) => Status > 1).map(({ Name, Addr }) => ({ node: Name, address: Addr }));
  return gone.sort((a, b) => (a.node < b.node ? -1 : 1));
}

/**
 * Puts a record in the place of the one that was read, by its ModifyIndex (0: there was none).
 *
 * @throws OperatorError when another one was written meanwhile
 */
export async function replaceRecord(cluster: string, record: ClusterRecord, modified: number): Promise<void> {
  const put = { method: 'PUT', body: JSON.stringify(record) } as const;
  const sent = await request(`/v1/kv/${recordKey(cluster)}?cas=${modified}`, put).then(
    () => undefined,
    (error: unknown) => error,
  );
  // An answer may be lost, and what was asked be done all the same: only reading tells.
  const { value } = await readKeys(cluster);
  if (value.record?.token === record.token) return;
  if (sent !== undefined) throw sent;
  throw new OperatorError(
    'the record was changed by another at this moment; nothing was changed by this command',
    'Run the command again: it reads everything anew.',
  );
}

/** Says for good that the disk of this incarnation is no member's any more. */
export async function markRetired(cluster: string, incarnation: string, name: string): Promise<void> {
  await request(`/v1/kv/${retiredKey(cluster, incarnation)}`, { method: 'PUT', body: name });
}

/** Takes that back. */
export async function unmarkRetired(cluster: string, incarnation: string): Promise<void> {
  await request(`/v1/kv/${retiredKey(cluster, incarnation)}`, { method: 'DELETE' });
}

/** Makes of Consul's silence an error with a remedy. */
export async function withConsul<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    const remedy = /denies access/.test(error.message)
      ? 'Set CONSUL_HTTP_TOKEN to a token that may read services and write keys below etcd3/.'
      : 'Run the command on a host of the cluster, or name an agent that has joined: CONSUL_HTTP_ADDR=host:8500.';
    throw new OperatorError(error.message, remedy, { cause: error });
  }
}

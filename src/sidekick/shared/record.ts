import { clusterId } from './cluster-id.ts';

/** The agreed member list of a cluster: one key in Consul, created once, never changed. */
export interface ClusterRecord {
  /** Counts an operator's resets. */
  generation: number;
  /** etcd's initial-cluster-token, random. */
  token: string;
  size: number;
  /** Sorted by peer URL. */
  members: RecordMember[];
  /** 16 hex digits: what etcd makes of the peer URLs and the token. */
  cluster_id: string;
}

export interface RecordMember {
  name: string;
  /** Of the disk that the member had when the list was agreed. */
  incarnation: string;
  peer_url: string;
}

export function recordKey(cluster: string): string {
  return `etcd3/${cluster}/bootstrap`;
}

export function makeRecord(members: readonly RecordMember[], token: string, generation: number): ClusterRecord {
  const sorted = members
    .map(({ name, incarnation, peer_url }) => ({ name, incarnation, peer_url }))
    .sort((a, b) => (a.peer_url < b.peer_url ? -1 : 1));
  const urls = sorted.map((member) => member.peer_url);
  return { generation, token, size: sorted.length, members: sorted, cluster_id: clusterId(urls, token) };
}

/** Reads a record back; throws when it is not one, or not the one that its own cluster ID says it is. */
export function parseRecord(text: string): ClusterRecord {
  const value = JSON.parse(text) as Partial<ClusterRecord> | null;
  if (typeof value !== 'object' || value === null || !Array.isArray(value.members)) throw new Error('not a record');
  const { generation, token, size, members, cluster_id } = value;
  const fields = members.flatMap((m) => [m?.name, m?.incarnation, m?.peer_url]);
  // What stands in it goes into etcd's environment.
  const isWhole = [token, ...fields].every((field) => typeof field === 'string' && /^[\w.:/-]+$/.test(field));
  if (typeof generation !== 'number' || !isWhole) throw new Error('fields are missing or malformed');
  if (new Set(fields).size < fields.length) throw new Error('lists something twice');
  const record = makeRecord(members, token as string, generation);
  if (record.size !== size) throw new Error(`lists ${record.size} members and says ${size}`);
  if (record.cluster_id !== cluster_id) throw new Error('its members and token do not give its cluster ID');
  return record;
}

/** etcd's --initial-cluster. */
export function initialCluster(record: ClusterRecord): string {
  return record.members.map((member) => `${member.name}=${member.peer_url}`).join(',');
}

import { clusterId, memberId } from './cluster-id.ts';

/** The agreed member list of a cluster: one key in Consul, created once, replaced only by an operator's reset or restore. */
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
  /** After an operator's restore: SHA-256 of the etcd snapshot that the one member of this list starts from. */
  snapshot?: string;
}

export interface RecordMember {
  name: string;
  /** Of the disk that the member had when the list was agreed. */
  incarnation: string;
  peer_url: string;
}

/** Everything of a cluster in Consul's KV store stands under this. */
export function keyPrefix(cluster: string): string {
  return `etcd3/${cluster}/`;
}

export function recordKey(cluster: string): string {
  return `${keyPrefix(cluster)}bootstrap`;
}

/** There when an operator has retired the disk of this incarnation. */
export function retiredKey(cluster: string, incarnation: string): string {
  return `${keyPrefix(cluster)}retired/${incarnation}`;
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
  const { generation, token, size, members, cluster_id, snapshot } = value;
  const fields = members.flatMap((m) => [m?.name, m?.incarnation, m?.peer_url]);
  // What stands in it goes into etcd's environment.
  const isWhole = [token, ...fields].every((field) => typeof field === 'string' && /^[\w.:/-]+$/.test(field));
  if (typeof generation !== 'number' || !isWhole) throw new Error('fields are missing or malformed');
  if (new Set(fields).size < fields.length) throw new Error('lists something twice');
  if (snapshot !== undefined && !/^[0-9a-f]{64}$/.test(snapshot)) throw new Error('its snapshot is no SHA-256');
  const record = { ...makeRecord(members, token as string, generation), ...(snapshot && { snapshot }) };
  if (record.size !== size) throw new Error(`lists ${record.size} members and says ${size}`);
  if (record.cluster_id !== cluster_id) throw new Error('its members and token do not give its cluster ID');
  return record;
}

/** etcd's --initial-cluster. */
export function initialCluster(record: ClusterRecord): string {
  return record.members.map((member) => `${member.name}=${member.peer_url}`).join(',');
}

/** The ID of the member that a record makes of a disk, if it lists it. */
export function memberIdOf(record: ClusterRecord, incarnation: string): string | undefined {
  const mine = record.members.find((member) => member.incarnation === incarnation);
  return mine && memberId(mine.peer_url, record.token);
}

import { clusterId, memberId } from './cluster-id.ts';

/** The agreed member list of a cluster, made once; replaced only by an operator's reset or restore, which is signed. */
export interface ClusterRecord {
  /** Orders resets and restores. Of a birth: seconds since 1970 (of old: 1), so that nothing signed before outranks it. */
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
  /** The cluster ID at birth, which resets and restores keep; left out in a birth's own record. */
  lineage?: string;
  /** An operator's signature over all of the above, base64url. */
  proof?: string;
}

export interface RecordMember {
  name: string;
  /** Of the disk that the member had when the list was agreed. */
  incarnation: string;
  peer_url: string;
}

/** The identity that a cluster keeps through resets and restores: 16 hex digits. */
export const lineageOf = (record: ClusterRecord): string => record.lineage ?? record.cluster_id;

export function makeRecord(members: readonly RecordMember[], token: string, generation: number): ClusterRecord {
  const sorted = members
    .map(({ name, incarnation, peer_url }) => ({ name, incarnation, peer_url }))
    .sort((a, b) => (a.peer_url < b.peer_url ? -1 : 1));
  const urls = sorted.map((member) => member.peer_url);
  return { generation, token, size: sorted.length, members: sorted, cluster_id: clusterId(urls, token) };
}

/** An HTTP URL of an address or name and a port, as etcd writes and hashes it: nothing that a URL parser refuses or would change. */
export function isPeerUrl(text: unknown): text is string {
  if (typeof text !== 'string' || !/^https?:\/\/[a-z0-9][a-z0-9.-]{0,253}:[1-9]\d{0,4}$/.test(text)) return false;
  try {
    return new URL(text).href === `${text}/`;
  } catch {
    return false;
  }
}

/** Seconds by which a clock may be wrong: what lies further ahead is of the future. */
export const SKEW = 86_400;

const isName = (text: unknown): text is string => typeof text === 'string' && /^[\w.-]{1,128}$/.test(text);

/** Reads a record back; throws when it is not one, or not the one that its own cluster ID says it is. */
export function parseRecord(text: string): ClusterRecord {
  const value = JSON.parse(text) as Partial<ClusterRecord> | null;
  if (typeof value !== 'object' || value === null || !Array.isArray(value.members)) throw new Error('not a record');
  const { generation, token, size, members, cluster_id, snapshot, lineage, proof } = value;
  const isMember = (m: Partial<RecordMember> | null) =>
    isName(m?.name) && isName(m.incarnation) && isPeerUrl(m.peer_url);
  // Its text goes into etcd's environment.
  if (!/^\d{1,10}$/.test(JSON.stringify(generation)) || !isName(token) || members.length < 1 || members.length > 9) {
    throw new Error('fields are missing or malformed');
  }
  if (!members.every(isMember)) throw new Error('a member is malformed');
  const fields = members.flatMap((m) => [m.name, m.incarnation, m.peer_url]);
  if (new Set(fields).size < fields.length) throw new Error('lists something twice');
  if (snapshot !== undefined && !/^[0-9a-f]{64}$/.test(snapshot)) throw new Error('its snapshot is no SHA-256');
  if (lineage !== undefined && !/^[0-9a-f]{16}$/.test(lineage)) throw new Error('its lineage is malformed');
  if (proof !== undefined && !/^[\w-]{86}$/.test(proof)) throw new Error('its proof is malformed');
  const made = makeRecord(members, token, generation as number);
  if (made.size !== size) throw new Error(`lists ${made.size} members and says ${size}`);
  if (made.cluster_id !== cluster_id) throw new Error('its members and token do not give its cluster ID');
  return { ...made, ...(snapshot && { snapshot }), ...(lineage && { lineage }), ...(proof && { proof }) };
}

/** Its members and their disks, as one text. */
export const membersOf = ({ members }: Pick<ClusterRecord, 'members'>): string =>
  members.map(({ name, incarnation, peer_url }) => `${name} ${incarnation} ${peer_url}`).join(', ');

/** etcd's --initial-cluster. */
export function initialCluster(record: ClusterRecord): string {
  return record.members.map((member) => `${member.name}=${member.peer_url}`).join(',');
}

/** The ID of the member that a record makes of a disk, if it lists it. */
export function memberIdOf(record: ClusterRecord, incarnation: string): string | undefined {
  const mine = record.members.find((member) => member.incarnation === incarnation);
  return mine && memberId(mine.peer_url, record.token);
}

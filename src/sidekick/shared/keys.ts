import type { Entry, List } from './ports.ts';
import { type ClusterRecord, isPeerUrl, lineageOf, parseRecord } from './record.ts';

/** Everything of a cluster in Consul's KV store stands under this. */
export const keyPrefix = (cluster: string): string => `etcd3/${cluster}/`;
/** Decides birth, and nothing once a lineage has a key of its own. */
export const recordKey = (cluster: string): string => `${keyPrefix(cluster)}bootstrap`;
/** The record of one lineage. */
export const lineageKey = (cluster: string, lineage: string): string =>
  `${keyPrefix(cluster)}lineage/${lineage}/record`;
/** The last verified members of one lineage. */
export const listKey = (cluster: string, lineage: string): string => `${keyPrefix(cluster)}lineage/${lineage}/members`;
/** That a member was launched, by which disk, and whether it was seen to have a log. */
export const launchKey = (cluster: string, lineage: string, member: string): string =>
  `${keyPrefix(cluster)}lineage/${lineage}/launch/${member}`;
/** That an operator has retired the disk of this incarnation. */
export const retiredKey = (cluster: string, incarnation: string): string =>
  `${keyPrefix(cluster)}retired/${incarnation}`;

/** The launch of a member from an empty log. */
interface Launch {
  nonce: string;
  log: boolean;
}

/** An operator's mark on a disk. */
interface Retired {
  /** The member that ran on it; empty in a mark of old. */
  member: string;
  /** An operator's signature over `retiredText`. */
  proof: string | undefined;
  key: string;
}

/** A record, and where it stands. */
export interface Found {
  record: ClusterRecord;
  entry: Entry;
}

/** Entries of a cluster in Consul, each by its shape alone. */
export interface Keys {
  bootstrap: Found | undefined;
  /** By lineage. */
  records: Map<string, Found>;
  lists: Map<string, { list: List; entry: Entry }>;
  /** By `LINEAGE/MEMBER`. */
  launches: Map<string, { launch: Launch; entry: Entry }>;
  /** By incarnation. */
  retired: Map<string, Retired>;
  /** Keys whose value is not what it has to be: why. */
  garbage: Map<string, { why: string; modified: number }>;
}

/** Every record that stands there: of each lineage, and of a birth. */
export const allRecords = ({ records, bootstrap }: Pick<Keys, 'records' | 'bootstrap'>): Found[] => [
  ...records.values(),
  ...(bootstrap ? [bootstrap] : []),
];

const isHex = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{16}$/.test(text);

/** Throws when it is none. */
export function parseList(text: string): List {
  const { cluster_id, members, size } = JSON.parse(text) as List;
  const isMember = (m: List['members'][number]) =>
    isHex(m.id) &&
    typeof m.name === 'string' &&
    /^[\w.-]{0,128}$/.test(m.name) &&
    typeof m.learner === 'boolean' &&
    m.peer_urls.length > 0 &&
    m.peer_urls.every(isPeerUrl);
  if (!isHex(cluster_id) || members.length < 1 || members.length > 20 || !members.every(isMember)) {
    throw new Error('not a list of members');
  }
  if (!Number.isInteger(size) || size < 1 || size > 9) throw new Error('its size is no size');
  return {
    cluster_id,
    members: members.map(({ id, name, peer_urls, learner }) => ({ id, name, peer_urls, learner })),
    size,
  };
}

/** One of old is the bare name of the host. */
function parseRetired({ key, value }: Entry): Retired {
  if (!value.startsWith('{')) return { member: '', proof: undefined, key };
  const { member, proof } = JSON.parse(value) as Partial<Retired>;
  return { member: String(member), proof: typeof proof === 'string' ? proof : undefined, key };
}

/** One that cannot be read may have been anybody's: it is spent. */
function parseLaunch(text: string): Launch {
  try {
    const { nonce, log } = JSON.parse(text) as Launch;
    if (typeof nonce === 'string' && /^[\w-]{1,64}$/.test(nonce) && typeof log === 'boolean') return { nonce, log };
  } catch {}
  return { nonce: '', log: true };
}

/** Puts one key where it belongs; throws when its value is not what it has to be. What is none of ours is passed over. */
function sortKey(keys: Keys, path: string, entry: Entry): void {
  const [first, name = '', what, member = '', ...more] = path.split('/');
  if (path === 'bootstrap') keys.bootstrap = { record: parseRecord(entry.value), entry };
  else if (first === 'retired' && name !== '' && what === undefined) keys.retired.set(name, parseRetired(entry));
  if (first !== 'lineage' || !isHex(name) || more.length > 0) return;
  if (what === 'record') {
    const record = parseRecord(entry.value);
    if (lineageOf(record) !== name) throw new Error(`is of lineage ${lineageOf(record)}`);
    keys.records.set(name, { record, entry });
  } else if (what === 'members') keys.lists.set(name, { list: parseList(entry.value), entry });
  else if (what === 'launch' && isHex(member)) {
    keys.launches.set(`${name}/${member}`, { launch: parseLaunch(entry.value), entry });
  }
}

/** Sorts what was read of a cluster. Nothing throws: anybody may have written it. */
export function sortKeys(cluster: string, entries: readonly Entry[]): Keys {
  const keys: Keys = {
    bootstrap: undefined,
    records: new Map(),
    lists: new Map(),
    launches: new Map(),
    retired: new Map(),
    garbage: new Map(),
  };
  const prefix = keyPrefix(cluster);
  for (const entry of entries) {
    if (!entry.key.startsWith(prefix)) continue;
    try {
      sortKey(keys, entry.key.slice(prefix.length), entry);
    } catch (error) {
      keys.garbage.set(entry.key, { why: (error as Error).message, modified: entry.modified });
    }
  }
  return keys;
}

import type { Identity } from '../shared/identity.ts';
import { allRecords, type Found, type Keys, launchKey, lineageKey, listKey, recordKey } from '../shared/keys.ts';
import type { List, Own, Ports } from '../shared/ports.ts';
import { type ClusterRecord, lineageOf, SKEW } from '../shared/record.ts';
import type { Settings } from '../shared/settings.ts';

/**
 * The members as this one sees them with a quorum behind it, and how many there are to be.
 *
 * @param wanted the spec's size: a cluster of before lists were kept may have become smaller since its birth
 */
export function listOf(
  { clusterId, members }: Own,
  keys: Keys,
  { list }: Identity,
  record: ClusterRecord,
  wanted: number,
): List {
  const published = keys.lists.get(lineageOf(record))?.list;
  // Growth is seen by its voters; only an operator's retire says that there are to be less.
  const before = (published?.cluster_id === clusterId && published.size) || (list?.size ?? wanted);
  const voters = members.filter(({ isLearner }) => !isLearner).length;
  return {
    cluster_id: clusterId,
    members: members
      .map(({ id, name, peerUrls, isLearner }) => ({ id, name, peer_urls: peerUrls, learner: isLearner }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    size: Math.min(9, Math.max(before, voters)),
  };
}

/**
 * The record that says that this cluster is the right one: the copy beside the data, or, of old or where that is lost, the one in
 * Consul. When a birth was nobody can check: of two copies the later counts, so that members come to have the same.
 *
 * @param date seconds since 1970
 */
export function recordOf(
  clusterId: string,
  record: ClusterRecord | undefined,
  keys: Keys,
  proven: ReadonlySet<string>,
  date: number,
): ClusterRecord | undefined {
  const found = allRecords(keys).filter(
    ({ record: { cluster_id: id, lineage, generation }, entry }) =>
      id === clusterId && (proven.has(entry.key) || (lineage === undefined && generation < date + SKEW)),
  );
  const signed = record?.proof ? record : found.find(({ entry }) => proven.has(entry.key))?.record;
  const all = [...(record ? [record] : []), ...found.map((one) => one.record)];
  const latest = signed ?? all.sort((a, b) => b.generation - a.generation)[0];
  return latest && (record ?? latest).cluster_id === clusterId ? latest : undefined;
}

/**
 * Puts the record back where there is none, or, for one that an operator has signed, an older one of its lineage: Consul lost its data, this host
 * did not, and whoever has data of before may have been faster.
 */
export async function publishLost({ cluster }: Settings, { consul }: Ports, keys: Keys, record: ClusterRecord) {
  const lineage = lineageOf(record);
  const places: [key: string, there: Found | undefined][] = [
    [recordKey(cluster), keys.bootstrap],
    [lineageKey(cluster, lineage), keys.records.get(lineage)],
  ];
  for (const [key, there] of places) {
    const isOlder =
      record.proof && there && lineageOf(there.record) === lineage && there.record.generation < record.generation;
    if (there ? !isOlder : keys.garbage.has(key)) continue;
    await consul.put(key, JSON.stringify(record), there?.entry.modified ?? 0);
  }
}

/**
 * Puts back what Consul has lost of this cluster, or what somebody has changed there. Every member that is verified does so; each
 * lineage has keys of its own, so that no two clusters that meet take turns.
 *
 * @returns the keys that held something else
 */
export async function publish(
  { cluster }: Settings,
  { consul }: Ports,
  keys: Keys,
  record: ClusterRecord,
  { members }: Own,
  list: List,
): Promise<string[]> {
  const lineage = lineageOf(record);
  const text = JSON.stringify(record);
  const changed: string[] = [];
  const put = async (key: string, value: string, there: { modified: number } | undefined, isOurs = false) => {
    const modified = there?.modified ?? keys.garbage.get(key)?.modified ?? 0;
    if (modified > 0 && !isOurs) changed.push(key);
    await consul.put(key, value, modified);
  };
  const own = keys.records.get(lineage);
  if (!own || JSON.stringify(own.record) !== text) await put(lineageKey(cluster, lineage), text, own?.entry);
  const birth = keys.bootstrap;
  const of = birth && lineageOf(birth.record);
  // Another's that is verified stays: it decides nothing any more.
  const isRight = birth && (of === lineage ? JSON.stringify(birth.record) === text : keys.records.has(of as string));
  if (!isRight) await put(recordKey(cluster), text, birth?.entry);
  for (const { id, clientUrls } of members) {
    const found = keys.launches.get(`${lineage}/${id}`);
    if (clientUrls.length === 0 || found?.launch.log) continue;
    const nonce = found?.launch.nonce ?? 'unknown';
    await put(launchKey(cluster, lineage, id), JSON.stringify({ nonce, log: true }), found?.entry, true);
  }
  const published = keys.lists.get(lineage);
  const wanted = JSON.stringify(list);
  const isSame = published && JSON.stringify(published.list) === wanted;
  if (!isSame) await put(listKey(cluster, lineage), wanted, published?.entry, published !== undefined);
  return changed;
}

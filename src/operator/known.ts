import { visible } from '../sidekick/host/text.ts';
import { allRecords, type Keys, lineageKey, listKey, recordKey } from '../sidekick/shared/keys.ts';
import type { List } from '../sidekick/shared/ports.ts';
import { isSigned, signedText } from '../sidekick/shared/proof.ts';
import { type ClusterRecord, lineageOf, memberIdOf, SKEW } from '../sidekick/shared/record.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import type { Host } from './hosts.ts';
import type { Reason } from './operator-error.ts';
import { quoted } from './shell.ts';

/** A member of the last list that is known. */
export interface KnownMember {
  /** 16 hex digits. */
  id: string;
  /** Empty when it had not started. */
  name: string;
  peerUrls: string[];
  /** Of the disk that it was launched on, as far as a record says. */
  incarnation: string | undefined;
}

/** A member that has to be accounted for as well, though the last list has it not. */
export interface FormerMember extends KnownMember {
  /** By which word it was one. */
  source: string;
}

/** A cluster by Consul's keys, as far as they can be believed. */
export interface Known {
  /** undefined: nobody knows of any. */
  lineage: string | undefined;
  /** The latest of this lineage that a birth or an operator's signature stands behind. */
  record: ClusterRecord | undefined;
  /** All such ones, the latest first. */
  records: ClusterRecord[];
  /** The last list that members have published, where it is of the record's very cluster. */
  list: List | undefined;
  /** The members by the last list, sorted by name. */
  members: KnownMember[];
  /** Anybody may write a shorter list into Consul: those who are members by any other word, and no more by the list. */
  former: FormerMember[];
  /** Why there may be members that nobody knows of; undefined when the list is the members' own. */
  incomplete: string | undefined;
  /** Of what counts; what is unsigned and lies in the future does not. */
  generation: number;
  /** Keys that hold what they should not, for the operator to read. */
  notes: string[];
}

const removing = (key: string) => `consul kv delete ${quoted(key)}`;

export const isProven = ({ cluster, operatorKeys }: Settings, record: ClusterRecord): boolean =>
  isSigned(signedText(cluster, record), record.proof, operatorKeys);

/** Whether something stands behind a record: its own cluster's birth, whose ID it gives by itself, or an operator. */
const counts = (settings: Settings, record: ClusterRecord) =>
  lineageOf(record) === record.cluster_id || isProven(settings, record);

/** The lineages that Consul has something of; the record of a birth says one only while none has a key of its own. */
function lineagesOf(
  settings: Settings,
  { records, lists, garbage, bootstrap }: Keys,
  hosts: readonly Host[],
): string[] {
  const found = new Set<string>(lists.keys());
  for (const [lineage, { record }] of records) if (counts(settings, record)) found.add(lineage);
  for (const key of garbage.keys()) {
    const lineage = /\/lineage\/([0-9a-f]{16})\//.exec(key)?.[1];
    if (lineage !== undefined) found.add(lineage);
  }
  const born = bootstrap && counts(settings, bootstrap.record) ? lineageOf(bootstrap.record) : undefined;
  if (born !== undefined && (found.size === 0 || hosts.some(({ meta }) => meta.lineage === born))) found.add(born);
  // Consul may have lost all its keys, and hosts remember.
  if (found.size === 0) for (const { meta } of hosts) if (meta.lineage !== undefined) found.add(meta.lineage);
  return [...found].sort();
}

/** Where a record of one lineage stands: all keys that may hold it. */
const placesOf = ({ bootstrap, records }: Keys, lineage: string | undefined) => {
  const own = lineage === undefined ? undefined : records.get(lineage);
  const birth = bootstrap && lineageOf(bootstrap.record) === lineage ? bootstrap : undefined;
  return [own, birth].flatMap((found) => found ?? []);
};

function notesOf(settings: Settings, keys: Keys, lineage: string | undefined, now: number): string[] {
  const notes = [...keys.garbage].map(
    ([key, { why }]) =>
      `${visible(key)} cannot be read (${visible(why).slice(0, 120)}); to remove it: ${removing(visible(key))}`,
  );
  const all = allRecords(keys);
  for (const { record, entry } of all) {
    if (!counts(settings, record))
      notes.push(
        `${entry.key} says that an operator has replaced the cluster, and none of the spec's keys has signed it: it is not believed`,
      );
    else if (lineageOf(record) !== lineage)
      notes.push(
        `${entry.key} is of lineage ${lineageOf(record)}: ${record.members.map(({ name }) => name).join(', ')}`,
      );
    else if (record.generation > now + SKEW && !isProven(settings, record))
      notes.push(`${entry.key} has the generation ${record.generation}, which lies in the future: it is not counted`);
  }
  return notes;
}

function toKnown(id: string, name: string, peerUrls: string[], records: readonly ClusterRecord[]): KnownMember {
  const listed = records.flatMap((record) =>
    record.members.filter(({ incarnation }) => memberIdOf(record, incarnation) === id),
  );
  return { id, name, peerUrls, incarnation: listed[0]?.incarnation };
}

/** Of the list as it stands in Consul, whichever cluster it says that it is of. */
const ofList = (list: List | undefined, records: readonly ClusterRecord[]): KnownMember[] =>
  list?.members.map(({ id, name, peer_urls }) => toKnown(id, name, peer_urls, records)) ?? [];

const ofRecord = (record: ClusterRecord | undefined, records: readonly ClusterRecord[]): KnownMember[] =>
  record?.members.map(({ name, incarnation, peer_url }) =>
    toKnown(memberIdOf(record, incarnation) ?? '', name, [peer_url], records),
  ) ?? [];

const byName = (a: KnownMember, b: KnownMember) => (a.name < b.name ? -1 : 1);

/** Those of every record, and of a list of another cluster, that are not among the members, each once. */
function formerOf(
  members: readonly KnownMember[],
  records: readonly ClusterRecord[],
  list: List | undefined,
  isListed: boolean,
): FormerMember[] {
  const source = isListed
    ? "of the record; the members' published list no longer has it"
    : 'of another record of this cluster';
  const all = [
    ...records.flatMap((record) => ofRecord(record, records)).map((member) => ({ ...member, source })),
    ...ofList(list, records).map((member) => ({
      ...member,
      source: `of the published list, which is of cluster ${list?.cluster_id}`,
    })),
  ];
  const found = new Map(all.reverse().map((member) => [member.id, member]));
  for (const { id } of members) found.delete(id);
  return [...found.values()].sort(byName);
}

function whyIncomplete(
  cluster: string,
  keys: Keys,
  lineage: string | undefined,
  record: ClusterRecord | undefined,
): string | undefined {
  if (lineage === undefined) return 'Consul knows of no cluster';
  const published = keys.lists.get(lineage)?.list;
  const key = listKey(cluster, lineage);
  if (published === undefined) {
    return keys.garbage.has(key) ? `${key} cannot be read` : `no member has ever published a list at ${key}`;
  }
  if (record === undefined || record.cluster_id === published.cluster_id) return undefined;
  return `the list at ${key} is of cluster ${published.cluster_id}`;
}

/**
 * The knowledge of the cluster. Pure.
 *
 * @param wanted a lineage, where Consul has several
 * @param now seconds since 1970
 */
export function knownOf(
  settings: Settings,
  keys: Keys,
  hosts: readonly Host[],
  wanted: string | undefined,
  now: number,
): Known | Reason {
  const { cluster } = settings;
  const lineages = lineagesOf(settings, keys, hosts);
  if (wanted !== undefined && !lineages.includes(wanted)) {
    const remedy = lineages.length > 0 ? `Name one of ${lineages.join(', ')}.` : 'Leave out --lineage.';
    return { about: cluster, why: `Consul knows nothing of lineage ${visible(wanted)}`, remedy };
  }
  if (wanted === undefined && lineages.length > 1) {
    const named = lineages.map((lineage) => {
      const [found] = placesOf(keys, lineage);
      const names =
        keys.lists.get(lineage)?.list.members.map(({ name, id }) => name || id) ??
        found?.record.members.map(({ name }) => name);
      return `${lineage} (${names?.join(', ') ?? 'members unknown'})`;
    });
    return {
      about: cluster,
      why: `Consul has ${lineages.length} clusters of this name, by their lineages: ${named.join(' and ')}`,
      remedy: `Say which one is meant: --lineage ${lineages.join(' or --lineage ')}. What is not yours can be removed: consul kv delete -recurse etcd3/${cluster}/lineage/LINEAGE/`,
    };
  }
  const lineage = wanted ?? lineages[0];
  const records = placesOf(keys, lineage)
    .map(({ record }) => record)
    .filter((record) => counts(settings, record))
    .sort((a, b) => b.generation - a.generation);
  const [record] = records;
  const incomplete = whyIncomplete(cluster, keys, lineage, record);
  const published = lineage === undefined ? undefined : keys.lists.get(lineage)?.list;
  const list = incomplete === undefined ? published : undefined;
  const members = (list ? ofList(list, records) : ofRecord(record, records)).sort(byName);
  const former = formerOf(members, records, published, list !== undefined);
  const generations = allRecords(keys)
    .map((found) => found.record)
    .filter((one) => isProven(settings, one) || (counts(settings, one) && one.generation <= now + SKEW))
    .map((one) => one.generation);
  const generation = Math.max(0, ...generations);
  const notes = notesOf(settings, keys, lineage, now);
  return { lineage, record, records, list, members, former, incomplete, generation, notes };
}

/** The keys that a reset or restore writes, and the versions that it replaces; 0: there is none. */
export function replacedBy(settings: Settings, keys: Keys, lineage: string): { key: string; modified: number }[] {
  const { cluster } = settings;
  const at = (key: string, found: { entry: { modified: number } } | undefined) => {
    return { key, modified: found?.entry.modified ?? keys.garbage.get(key)?.modified ?? 0 };
  };
  const own = at(lineageKey(cluster, lineage), keys.records.get(lineage));
  const { bootstrap } = keys;
  // Another cluster's own: hosts of old go by it, and would be stopped.
  if (bootstrap && lineageOf(bootstrap.record) !== lineage && counts(settings, bootstrap.record)) return [own];
  return [own, at(recordKey(cluster), bootstrap)];
}

import { allRecords } from '../sidekick/shared/keys.ts';
import { type ClusterRecord, lineageOf, makeRecord, parseRecord } from '../sidekick/shared/record.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import { lostLines } from './account.ts';
import { facts } from './columns.ts';
import type { Host } from './hosts.ts';
import { isProven, type Known, replacedBy } from './known.ts';
import { candidatesOf, knownIn, reasonsAgainstCandidates, reasonsAgainstLoss, type Situation } from './loss.ts';
import type { Planned, Reason } from './operator-error.ts';
import { quoted } from './shell.ts';

/** A new record in the place of what was read. */
export interface Replacement {
  command: 'reset' | 'restore';
  /** Without a proof. */
  record: ClusterRecord;
  /** Where it is written, in this order, and the ModifyIndex of what it replaces; 0: there is nothing. */
  replaces: { key: string; modified: number }[];
  /** The plan, for the operator to read before it is done. */
  lines: string[];
  /** The rest to do or to wait for, for the operator to read afterwards. */
  afterwards: string[];
}

/** The operator's words, and what else a plan is made with besides what was seen: the same for each look of one command. */
export interface Choice {
  /** Disks that are destroyed. */
  lost: readonly string[];
  /** Where Consul has several. */
  lineage: string | undefined;
  /** Random, for the new cluster. */
  token: string;
  /** Seconds since 1970 when the plan was made. */
  now: number;
}

/** A candidate as the record lists it. */
function asMember({ node, meta, peerUrl }: Host): ClusterRecord['members'][number] {
  return { name: node, incarnation: meta.incarnation ?? '', peer_url: peerUrl };
}

/**
 * The record of a new life of the cluster: later than every one that was ever given, for Consul may have lost the last, and disks
 * remember it; of the same lineage, if one is known.
 */
export function nextRecord(members: Host[], known: Known, { token, now }: Choice): ClusterRecord {
  const record = makeRecord(members.map(asMember), token, Math.max(known.generation + 1, now));
  return known.lineage === undefined ? record : { ...record, lineage: known.lineage };
}

/**
 * Lines of every replacement: from what to what, and what cannot be had again.
 *
 * @param words the operator's, of what is lost
 */
export function changeFacts(
  known: Known,
  next: ClusterRecord,
  replaces: Replacement['replaces'],
  words: readonly string[],
) {
  const { record, list } = known;
  const was = record?.cluster_id ?? list?.cluster_id;
  const names = known.members.map(({ name, id }) => name || id).join(', ');
  const generation = record ? `, generation ${record.generation}` : '';
  const version = (modified: number) =>
    modified === 0 ? 'if it is still not there' : `if it is still the version ${modified}`;
  return [
    ['old cluster', was === undefined ? 'no record of any' : `${was}${generation}: ${names}`],
    ['new cluster', `${next.cluster_id} (predicted), generation ${next.generation}, lineage ${lineageOf(next)}`],
    ['members', ...next.members.map(({ name, peer_url }) => `${name} ${peer_url}`)],
    ['by your word', ...words],
    ['not known', ...(known.incomplete === undefined ? [] : [`whether there were more members: ${known.incomplete}`])],
    ['beside it', ...known.notes],
    ['writes', ...replaces.map(({ key, modified }) => `Consul's key ${key}, ${version(modified)}`), 'nothing else'],
    [
      'for good',
      was === undefined
        ? 'a disk that comes back with data of any other cluster is refused, once its host can read Consul'
        : `what cluster ${was} held is unreachable; a disk that comes back with its data is refused, once its host can read Consul`,
    ],
  ] as const;
}

/** That the record can be read by those whom it is for, and outranks all that is left beside it. */
export function reasonsAgainstRecord(record: ClusterRecord, seen: Situation, settings: Settings): Reason[] {
  const written = replacedBy(settings, seen.keys, lineageOf(record)).map(({ key }) => key);
  const later = allRecords(seen.keys).filter(
    (found) => found.record.generation >= record.generation && !written.includes(found.entry.key),
  );
  const reasons = later.map(({ entry: { key }, record: { generation } }) => ({
    about: key,
    why: `its record has the generation ${generation}, which this one (${record.generation}) does not outrank: hosts would wait and name both`,
    remedy: `See whose it is; to remove it: consul kv delete ${quoted(key)}`,
  }));
  try {
    parseRecord(JSON.stringify(record));
    return reasons;
  } catch (error) {
    const why = `the record would be none that hosts can read: ${(error as Error).message}`;
    return [
      ...reasons,
      { about: settings.cluster, why, remedy: 'See what is registered: consul catalog nodes -service etcd3 -detailed' },
    ];
  }
}

/** Nobody can be accounted for where nobody is known. */
function nothingToReset(known: Known, settings: Settings): Reason {
  const about = settings.cluster;
  if (known.notes.length > 0) {
    const why = `what Consul has of it says of no cluster who its members are: ${known.notes.join('; ')}`;
    const remedy =
      'Members that have data put their own back within a minute. Where nobody has any, delete what cannot be read: hosts with empty disks then form a cluster by themselves.';
    return { about, why, remedy };
  }
  const remedy = `Hosts with empty disks form a cluster by themselves. A host that says that etcd was started on it before needs an empty ${settings.dataDirectory}.`;
  return { about, why: 'Consul has no record of it: there is nothing to reset', remedy };
}

/** An empty cluster of the hosts that are there, in the place of one whose data is all lost. Pure. */
export function planReset(seen: Situation, settings: Settings, choice: Choice): Planned<Replacement> {
  const { lost } = choice;
  const known = knownIn(settings, seen, choice.lineage);
  if ('why' in known) return { refused: [known] };
  if (known.members.length === 0) return { refused: [nothingToReset(known, settings)] };
  const candidates = candidatesOf(seen, known);
  const refused = [
    ...reasonsAgainstLoss(seen, known, settings, lost),
    ...reasonsAgainstCandidates(candidates, settings, settings.size),
  ];
  // A registered host that is no candidate has its own reason above.
  const isSaid = refused.length > 0 && candidates.length < settings.size && seen.hosts.length >= settings.size;
  if (candidates.length !== settings.size && !isSaid) {
    const names = candidates.map(({ node }) => node).join(', ');
    const why = `${candidates.length} hosts without data are alive${names && `: ${names}`}; a new list needs exactly ${settings.size}`;
    const remedy = candidates.length < settings.size ? 'Boot the missing hosts.' : 'End the hosts that are too many.';
    refused.push({ about: settings.cluster, why, remedy });
  }
  if (refused.length > 0) return { refused };
  const record = nextRecord(candidates, known, choice);
  const against = reasonsAgainstRecord(record, seen, settings);
  if (against.length > 0) return { refused: against };
  const replaces = replacedBy(settings, seen.keys, lineageOf(record));
  const lines = facts([
    ...changeFacts(known, record, replaces, lostLines(known, seen.hosts, lost)),
    ['then', `these ${record.size} hosts start etcd by themselves, with no data`],
  ]);
  const afterwards = [`${record.members.map(({ name }) => name).join(', ')} start etcd now, each by itself`];
  return { plan: { command: 'reset', record, replaces, lines: [`resets ${settings.cluster}:`, ...lines], afterwards } };
}

/** Whether a record that is there is this one, by an operator's own hand. */
export const isWritten = (settings: Settings, there: ClusterRecord | undefined, ours: ClusterRecord): boolean =>
  there?.token === ours.token && there.generation === ours.generation && isProven(settings, there);

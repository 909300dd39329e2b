import { type ClusterRecord, makeRecord, recordKey } from '../sidekick/shared/record.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import type { Host } from './catalog.ts';
import { facts } from './columns.ts';
import {
  candidatesOf,
  formerMembers,
  reasonsAgainstCandidates,
  reasonsAgainstLoss,
  type Situation,
  unknownMachines,
} from './loss.ts';
import type { Planned } from './operator-error.ts';

/** A new record in the place of the one that was read. */
export interface Replacement {
  record: ClusterRecord;
  /** ModifyIndex of the record that it replaces; 0: there is none. */
  modified: number;
  /** What will happen, for the operator to read before it does. */
  lines: string[];
  /** What is left to do or to wait for, for the operator to read afterwards. */
  afterwards: string[];
}

/** What a plan is made with besides what was seen: the same for each look of one command. */
export interface Fresh {
  /** Random, for the new cluster. */
  token: string;
  /** Seconds since 1970. */
  now: number;
}

/**
 * Later than every one that was ever given: Consul may have lost, or got back from a snapshot, the record of the last, and
 * disks remember it.
 */
export function generationAfter({ record }: Situation, { now }: Fresh): number {
  return Math.max((record?.generation ?? 0) + 1, now);
}

/** A candidate as the record lists it. */
export function asMember({ node, meta, peerUrl }: Host): ClusterRecord['members'][number] {
  return { name: node, incarnation: meta.incarnation ?? '', peer_url: peerUrl };
}

/** What every replacement says: from what to what, and what cannot be had again. */
export function changeFacts(seen: Situation, next: ClusterRecord, settings: Settings, lost: string[]) {
  const old = seen.record;
  const was =
    old && `${old.cluster_id}, generation ${old.generation}: ${old.members.map(({ name }) => name).join(', ')}`;
  const over = seen.modified === 0 ? 'if it is still not there' : `if it is still the version ${seen.modified}`;
  const unknown = unknownMachines(seen).filter(({ node }) => !lost.includes(node));
  const former = formerMembers(seen);
  return [
    ['old cluster', was ?? 'no record of any'],
    ['new cluster', `${next.cluster_id} (predicted), generation ${next.generation}`],
    ['members', ...next.members.map(({ name, peer_url }) => `${name} ${peer_url}`)],
    ['by your word', ...lost.map((name) => `${name} is destroyed, and its disk`)],
    [
      'not known',
      ...unknown.map(({ node, address }) => `whether ${node} (${address}), gone from Consul, has data`),
      ...former.map(({ name, peer_url }) => `whether the ${name} that was at ${peer_url} has data`),
    ],
    ['writes', `Consul's key ${recordKey(settings.cluster)}, ${over}; nothing else`],
    [
      'for good',
      old === undefined
        ? 'a disk that comes back with data of any other cluster is refused at its gate'
        : `what cluster ${old.cluster_id} held is unreachable; a disk that comes back with its data is refused at its gate`,
    ],
  ] as const;
}

/**
 * An empty cluster of the hosts that are there, in the place of one whose data is all lost. Pure.
 *
 * @param lost hosts that the operator says are destroyed with their disks
 */
export function planReset(seen: Situation, settings: Settings, lost: string[], fresh: Fresh): Planned<Replacement> {
  if (seen.record === undefined) {
    const why = 'Consul has no record of it: there is nothing to reset';
    const remedy =
      'Hosts with empty disks form a cluster by themselves. A host that says that etcd was started on it before needs an ' +
      `empty ${settings.dataDirectory}.`;
    return { refused: [{ about: settings.cluster, why, remedy }] };
  }
  const candidates = candidatesOf(seen);
  const refused = [...reasonsAgainstLoss(seen, lost), ...reasonsAgainstCandidates(candidates, settings, settings.size)];
  // A registered host that is no candidate has its own reason above.
  const isSaid = refused.length > 0 && candidates.length < settings.size && seen.hosts.length >= settings.size;
  if (candidates.length !== settings.size && !isSaid) {
    const names = candidates.map(({ node }) => node).join(', ');
    const why = `${candidates.length} hosts without data are alive${names && `: ${names}`}; a new list needs exactly ${settings.size}`;
    const remedy = candidates.length < settings.size ? 'Boot the missing hosts.' : 'End the hosts that are too many.';
    refused.push({ about: settings.cluster, why, remedy });
  }
  if (refused.length > 0) return { refused };
  const record = makeRecord(candidates.map(asMember), fresh.token, generationAfter(seen, fresh));
  const lines = facts([
    ...changeFacts(seen, record, settings, lost),
    ['then', `these ${record.size} hosts start etcd by themselves, with no data`],
  ]);
  const afterwards = [`${record.members.map(({ name }) => name).join(', ')} start etcd now, each by itself`];
  return { plan: { record, modified: seen.modified, lines: [`resets ${settings.cluster}:`, ...lines], afterwards } };
}

import { makeRecord } from '../sidekick/shared/record.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import type { Host } from './catalog.ts';
import { facts } from './columns.ts';
import { candidatesOf, reasonsAgainstCandidates, reasonsAgainstLoss, type Situation } from './loss.ts';
import type { Planned, Reason } from './operator-error.ts';
import { asMember, changeFacts, type Fresh, generationAfter, type Replacement } from './reset.ts';
import type { Snapshot } from './snapshot.ts';

export interface RestoreOptions extends Fresh {
  snapshot: Snapshot;
  /** Name of the host that starts from it; the first by name when not given. */
  seed: string | undefined;
  /** Hosts that the operator says are destroyed with their disks. */
  lost: string[];
}

/**
 * Who starts from the snapshot. Without a record nobody knows how many resets a host that was launched before has seen,
 * and it starts only from a later one; so there the seed has to be a host on which etcd never ran.
 */
function chooseSeed(candidates: Host[], { record }: Situation, seed: string | undefined): Host | Reason {
  const may = candidates.filter(({ meta }) => record !== undefined || meta.state === 'empty');
  const found = seed === undefined ? may[0] : may.find(({ node }) => node === seed);
  if (found !== undefined) return found;
  const about = seed ?? 'the seed';
  const names = may.map(({ node }) => node).join(', ');
  const remedy = names ? `Name one of ${names}.` : 'Boot a host with an empty disk; one is enough.';
  // There are some, or this one is there, and only what was on their disks before is not known.
  const isLaunched = candidates.some(({ node }) => node === (seed ?? node));
  const unknown = 'without a record it has to be a host on which etcd was never started';
  return { about, why: isLaunched ? unknown : 'no such host is alive and without data', remedy };
}

/**
 * A cluster of one member that starts from a snapshot, in the place of one whose data is all lost, or where Consul has
 * lost the record as well; the other hosts join it. Pure.
 */
export function planRestore(seen: Situation, settings: Settings, options: RestoreOptions): Planned<Replacement> {
  const { snapshot, lost, token } = options;
  const candidates = candidatesOf(seen);
  const refused = [...reasonsAgainstLoss(seen, lost), ...reasonsAgainstCandidates(candidates, settings)];
  const seed = chooseSeed(candidates, seen, options.seed);
  if ('why' in seed) refused.push(seed);
  if (refused.length > 0 || 'why' in seed) return { refused };
  const generation = generationAfter(seen, options);
  const record = { ...makeRecord([asMember(seed)], token, generation), snapshot: snapshot.sha256 };
  const others = candidates.filter((host) => host !== seed).map(({ node }) => node);
  const joining = [...others, 'hosts that boot later'].join(', ');
  const lines = facts([
    ...changeFacts(seen, record, settings, lost),
    ['snapshot', `${snapshot.file}, ${snapshot.bytes} bytes`, `SHA-256 ${snapshot.sha256}`],
    [
      'then',
      `${seed.node} waits for the snapshot and starts from it alone`,
      `it is joined by ${joining}; one at a time`,
    ],
  ]);
  const target = `${settings.dataDirectory}/restore.db`;
  const afterwards = [
    `${seed.node} waits for the snapshot now. Bring it there:`,
    '',
    `  scp '${snapshot.file}' ${seed.address}:/tmp/restore.db`,
    `  ssh ${seed.address} sudo install -o etcd -g etcd -m 600 /tmp/restore.db ${target}`,
    '',
    `It is joined, by themselves, by ${joining}; until it runs they wait and say so.`,
  ];
  return { plan: { record, modified: seen.modified, lines: [`restores ${settings.cluster}:`, ...lines], afterwards } };
}

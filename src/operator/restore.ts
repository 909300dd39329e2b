import { visible } from '../sidekick/host/text.ts';
import { lineageOf } from '../sidekick/shared/record.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import { lostLines } from './account.ts';
import { facts } from './columns.ts';
import type { Host } from './hosts.ts';
import { replacedBy } from './known.ts';
import { candidatesOf, knownIn, reasonsAgainstCandidates, reasonsAgainstLoss, type Situation } from './loss.ts';
import type { Planned, Reason } from './operator-error.ts';
import { type Choice, changeFacts, nextRecord, type Replacement, reasonsAgainstRecord } from './reset.ts';
import { quoted } from './shell.ts';
import type { Snapshot } from './snapshot.ts';

export interface RestoreChoice extends Choice {
  snapshot: Snapshot;
  /** Name of the host that starts from it; when not given, the first by name of those on which etcd never ran, or of all. */
  seed: string | undefined;
}

function chooseSeed(candidates: Host[], seed: string | undefined): Host | Reason {
  const found =
    seed === undefined
      ? (candidates.find(({ meta }) => meta.state === 'empty') ?? candidates[0])
      : candidates.find(({ node }) => node === seed);
  if (found !== undefined) return found;
  const names = candidates.map(({ node }) => node).join(', ');
  const remedy = names ? `Name one of ${names}.` : 'Boot a host with an empty disk; one is enough.';
  return { about: visible(seed ?? 'the seed'), why: 'no such host is alive and without data', remedy };
}

/** How the snapshot comes to its host: nobody but etcd's user can read it there at any moment. */
function bringing(file: string, address: string, target: string): string {
  const install = `sudo install -o etcd -g etcd -m 600 /dev/stdin ${quoted(target)}`;
  return `  ssh ${address} ${quoted(install)} <${quoted(visible(file))}`;
}

/**
 * A cluster of one member that starts from a snapshot, in the place of one whose data is all lost, or where Consul has
 * lost the record as well; the other hosts join it. Pure.
 */
export function planRestore(seen: Situation, settings: Settings, choice: RestoreChoice): Planned<Replacement> {
  const { snapshot, lost } = choice;
  const known = knownIn(settings, seen, choice.lineage);
  if ('why' in known) return { refused: [known] };
  const candidates = candidatesOf(seen, known);
  const refused = [
    ...reasonsAgainstLoss(seen, known, settings, lost),
    ...reasonsAgainstCandidates(candidates, settings),
  ];
  const seed = chooseSeed(candidates, choice.seed);
  if ('why' in seed) refused.push(seed);
  if (refused.length > 0 || 'why' in seed) return { refused };
  const record = { ...nextRecord([seed], known, choice), snapshot: snapshot.sha256 };
  const against = reasonsAgainstRecord(record, seen, settings);
  if (against.length > 0) return { refused: against };
  const replaces = replacedBy(settings, seen.keys, lineageOf(record));
  const others = candidates.filter((host) => host !== seed).map(({ node }) => node);
  const joining = [...others, 'hosts that boot later'].join(', ');
  const lines = facts([
    ...changeFacts(known, record, replaces, lostLines(known, seen.hosts, lost)),
    ['snapshot', `${visible(snapshot.file)}, ${snapshot.bytes} bytes`, `SHA-256 ${snapshot.sha256}`],
    [
      'then',
      `${seed.node} waits for the snapshot and starts from it alone`,
      `it is joined by ${joining}; one at a time`,
    ],
  ]);
  const afterwards = [
    `${seed.node} waits for the snapshot now. Bring it there:`,
    '',
    bringing(snapshot.file, seed.address, `${settings.dataDirectory}/restore.db`),
    '',
    `It is joined, by themselves, by ${joining}; until it runs they wait and say so.`,
  ];
  const title = `restores ${settings.cluster}:`;
  return { plan: { command: 'restore', record, replaces, lines: [title, ...lines], afterwards } };
}

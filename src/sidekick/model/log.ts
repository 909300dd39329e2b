import { memberId } from '../shared/cluster-id.ts';

/**
 * Of Raft what matters here: logs that hold writes and changes of the membership, and who may lead by them. A log is its
 * last entry; entries know the one before, so logs that part share what they had in common.
 */
export interface Entry {
  /** Unique and rising: each entry is of a term of its own, the number stands for term and index. */
  order: number;
  before: Entry | undefined;
  /** The members as of this entry. */
  config: Config;
}

export interface Config {
  seats: readonly Seat[];
  voters: readonly string[];
  /** IDs of members that have started, and told their name and where they serve clients. */
  named: readonly string[];
  /** IDs that never come back. */
  removed: readonly string[];
}

export interface Seat {
  id: string;
  url: string;
  learner: boolean;
}

/** The log on a disk. */
export interface Wal {
  clusterId: string;
  memberId: string;
  /** undefined: a member that was added, and has heard nothing yet. */
  head: Entry | undefined;
  /** Of the machine that it was made on. */
  home?: string;
  /** Of such a one: the members as it was told to begin with. */
  told?: readonly Seat[];
}

export interface Election {
  leader: Wal;
  head: Entry;
  /** Members that vote for it, itself included. */
  votes: Wal[];
}

export function makeConfig(
  seats: readonly Seat[],
  named: readonly string[] = [],
  removed: readonly string[] = [],
): Config {
  return { seats, named, removed, voters: seats.filter((seat) => !seat.learner).map((seat) => seat.id) };
}

const ids = new Map<string, string>();

/** The shared memberId, faster: names and tokens come back in each schedule. */
export function knownMemberId(url: string, token: string): string {
  const key = `${url} ${token}`;
  let id = ids.get(key);
  if (id === undefined) {
    if (ids.size > 20_000) ids.clear();
    id = memberId(url, token);
    ids.set(key, id);
  }
  return id;
}

export const quorumOf = (voters: readonly unknown[]) => Math.floor(voters.length / 2) + 1;

/**
 * A leader that these can elect: by its own log's members a quorum has a log no longer than its own. Of several the one
 * with the shortest log, which is the worst that may happen.
 */
export function elect(wals: readonly Wal[]): Election | undefined {
  let won: Election | undefined;
  for (const leader of wals) {
    const { head } = leader;
    if (head === undefined || (won !== undefined && won.head.order <= head.order)) continue;
    const { voters } = head.config;
    if (!voters.includes(leader.memberId)) continue;
    const votes: Wal[] = [];
    for (const wal of wals) {
      if ((wal.head?.order ?? -1) > head.order || !voters.includes(wal.memberId)) continue;
      if (!votes.some(({ memberId }) => memberId === wal.memberId)) votes.push(wal);
    }
    if (votes.length >= quorumOf(voters)) won = { leader, head, votes };
  }
  return won;
}

/** Whether the log that ends with `head` has the entry. */
export function holds(head: Entry, entry: Entry): boolean {
  let at: Entry | undefined = head;
  while (at !== undefined && at.order > entry.order) at = at.before;
  return at === entry;
}

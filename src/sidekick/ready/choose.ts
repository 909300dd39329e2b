import { allRecords, type Found } from '../shared/keys.ts';
import { type ClusterRecord, lineageOf, SKEW } from '../shared/record.ts';
import type { Observed, Seen } from './observed.ts';

type Read = Pick<Observed, 'self' | 'keys' | 'proven' | 'date'>;

const unknown = (cause: string) => ({ known: false, cause }) as const;

/** The latest record that an operator has signed, of whatever lineage. */
export function latestSigned({ keys, proven }: Pick<Read, 'keys' | 'proven'>): ClusterRecord | undefined {
  if (!keys.known) return undefined;
  return allRecords(keys.value)
    .filter(({ entry }) => proven.has(entry.key))
    .map(({ record }) => record)
    .sort((a, b) => b.generation - a.generation)[0];
}

/**
 * The latest signed record, if it has put another cluster in the place of this one. Of another lineage it has to be younger than what this
 * host knows of its own by its own clock: nobody has signed when a birth was, and what was signed in one life of a name can be shown in the next.
 *
 * @param own cluster ID
 * @param since seconds since 1970: when the member was launched, or later found in its cluster
 * @param other a signed record that was seen apart from all keys
 */
export function outranking(
  signed: Pick<Read, 'keys' | 'proven'>,
  own: string,
  record: ClusterRecord | undefined,
  since = 0,
  other: ClusterRecord | undefined = undefined,
): ClusterRecord | undefined {
  const found = latestSigned(signed);
  const latest = other && !(found && found.generation > other.generation) ? other : found;
  if (latest === undefined || latest.cluster_id === own) return undefined;
  const isKin = record !== undefined && lineageOf(latest) === lineageOf(record);
  return latest.generation > Math.max(record?.generation ?? 0, isKin ? 0 : since) ? latest : undefined;
}

/** The record that a host without a log goes by, if there is one. Pure. */
export function choose(seen: Read): Seen<ClusterRecord | undefined> {
  const { self, keys, proven } = seen;
  if (!keys.known) return keys;
  const { bootstrap, records } = keys.value;
  const own = self.record ? lineageOf(self.record) : (self.place?.lineage ?? self.seen);
  const before = self.record?.generation ?? self.place?.generation ?? 0;
  const latest = latestSigned(seen);
  if (own !== undefined && latest !== undefined && latest.generation > before) return { known: true, value: latest };
  // A record that claims to have replaced a birth, and that nobody has signed.
  const isUnproved = ({ record, entry }: Found) => record.lineage !== undefined && !proven.has(entry.key);
  const counts = ({ record, entry }: Found) => {
    if (isUnproved({ record, entry }) || (own !== undefined && lineageOf(record) !== own)) return false;
    if (latest !== undefined && (own === undefined || lineageOf(latest) === own)) {
      if (latest.cluster_id === record.cluster_id && proven.has(entry.key)) return true;
      if (record.generation <= latest.generation || lineageOf(record) === lineageOf(latest)) return false;
    }
    // Where a lineage has come to be verified, the record of a birth decides nothing.
    return entry !== bootstrap?.entry || !(own === undefined ? records.size > 0 : records.has(own));
  };
  const all = allRecords(keys.value);
  const pool = all.filter(counts);
  const spoilt = spoiltKey(seen, own, pool);
  if (spoilt !== undefined) return unknown(spoilt);
  const unproved = pool.length === 0 && all.find(isUnproved);
  if (unproved) return unknown(`Consul's key ${unproved.entry.key} is signed by no operator's key of the spec`);
  const [first] = pool;
  const rival = first && pool.find(({ record }) => lineageOf(record) !== lineageOf(first.record));
  if (rival) {
    const both = [first, rival].map(({ record }) => `${lineageOf(record)} (${record.members.map((m) => m.name)})`);
    return unknown(`Consul has two clusters of this name, ${both.join(' and ')}: delete the keys of the wrong one`);
  }
  if (first === undefined && own !== undefined && all.length > 0) {
    const others = [...new Set(all.map(({ record }) => lineageOf(record)))].join(', ');
    return unknown(
      `this disk was of cluster ${own}, Consul has a record only of ${others}, which no operator's key has put in its place: wipe the disk for it to be of that one`,
    );
  }
  // By a clock that is a day ahead, or by anybody's hand: no operator could outrank it.
  if (first && !proven.has(first.entry.key) && first.record.generation > seen.date + SKEW) {
    return unknown(
      `Consul's key ${first.entry.key} is of the future (generation ${first.record.generation}): is a clock wrong? If not, delete it`,
    );
  }
  return { known: true, value: first?.record };
}

/** A key whose value cannot be read and that might decide. */
function spoiltKey({ keys }: Read, own: string | undefined, pool: Found[]): string | undefined {
  if (!keys.known || (own !== undefined && pool.length > 0)) return undefined;
  const { garbage, records } = keys.value;
  const [key, { why = '' } = {}] =
    [...garbage].find(([name]) =>
      name.endsWith('/bootstrap')
        ? records.size === 0
        : name.endsWith(own === undefined ? '/record' : `/${own}/record`),
    ) ?? [];
  return key && `Consul's key ${key} cannot be used: ${why}`;
}

import type { Pair, Revoked, Wish } from './x509.ts';

/** Whose certificates a CA signs: no client is a member, and neither is known to Consul. */
export const AUTHORITIES = ['peers', 'clients', 'consul'] as const;
export type AuthorityName = (typeof AUTHORITIES)[number];

/** A CA as it is kept: without a key where something else signs. */
export type Kept = Omit<Pair, 'key'> & { key?: string | undefined };

/** A certificate that was issued, and how to issue it anew. */
export interface Issued {
  /** Hexadecimal. */
  serial: string;
  /** Below the directory: `hosts/etcd-1`. */
  folder: string;
  pair: PairName;
  wish: Wish;
  days: number;
  /** ISO 8601. */
  ends: string;
  /** SHA-256 of the CA's certificate. */
  by: string;
}

/** All that is known of one CA: one file, so that it changes as a whole. */
export interface State {
  version: 1;
  /** The first word of its CAs' names. */
  title: string;
  current: Kept;
  /** Trusted already, and signs nothing yet. */
  next?: Kept | undefined;
  /** Trusted still, and signs nothing any more. Certificate alone. */
  old?: string | undefined;
  /** A command of the user's that signs requests. */
  sign?: string | undefined;
  issued: Issued[];
  revoked: Revoked[];
}

export type PairName = 'peer' | 'server' | 'consul' | 'client';

/** The CA of each kind of certificate, and what its bundle and its revocation list are called beside it. */
export const PAIRS: Readonly<Record<PairName, { authority: AuthorityName; bundle: string; list: string }>> = {
  peer: { authority: 'peers', bundle: 'peer-ca.crt', list: 'peer.crl' },
  server: { authority: 'clients', bundle: 'client-ca.crt', list: 'client.crl' },
  consul: { authority: 'consul', bundle: 'consul-ca.crt', list: 'consul.crl' },
  client: { authority: 'clients', bundle: 'client-ca.crt', list: 'client.crl' },
};

/** All that hosts trust: the CA that signs now, the one that will, and the one that has. */
export const bundleOf = ({ current, next, old }: State): string =>
  [current.cert, next?.cert, old].filter((cert) => cert !== undefined).join('');

/** The last certificate of each folder and pair that is not revoked. */
export function liveIn({ issued, revoked }: State): Issued[] {
  const gone = new Set(revoked.map(({ serial }) => serial));
  const last = new Map(issued.map((one) => [`${one.folder} ${one.pair}`, one]));
  return [...last.values()].filter(({ serial }) => !gone.has(serial));
}

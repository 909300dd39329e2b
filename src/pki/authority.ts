import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { IoError } from '../io/io-error.ts';
import { certificatesIn, flawOf } from './check.ts';
import { signBy } from './sign-command.ts';
import { type AuthorityName, bundleOf, type Issued, type Kept, PAIRS, type PairName, type State } from './state.ts';
import type { Store } from './store.ts';
import { issue, newAuthority, type Pair, request, revocationList, type Wish } from './x509.ts';

/** A certificate to issue: its place below the directory, what it is, and for how many days. */
export type Order = Pick<Issued, 'folder' | 'pair' | 'wish' | 'days'>;

/** The first certificate's, in hexadecimal. */
export const markOf = (cert: string): string => createHash('sha256').update(certificatesIn(cert)[0].raw).digest('hex');

const isComplete = (kept: Kept): kept is Pair => kept.key !== undefined;

async function signed(state: State, name: AuthorityName, wish: Wish, days: number, now: Date): Promise<Pair> {
  const { current, sign } = state;
  if (sign === undefined) {
    if (isComplete(current)) return issue(current, wish, days, now);
    throw new IoError(`There is no key of the CA for ${name}.`, 'Name a command that signs: pki init --sign.');
  }
  const { csr, key } = await request(wish);
  const cert = await signBy(sign, csr, name);
  const flaw = flawOf(cert, key, wish, bundleOf(state), now);
  if (flaw === undefined) return { cert, key };
  throw new IoError(`What the command that signs for ${name} gave cannot be used: ${flaw}.`, 'Nothing was written.');
}

/** Issues a certificate, and puts it with its key and with what its hosts trust where it belongs. */
export async function place(store: Store, order: Order, now: Date): Promise<Issued> {
  const { folder, pair, wish, days } = order;
  const { authority, bundle } = PAIRS[pair];
  const state = store.state(authority);
  const { cert, key } = await signed(state, authority, wish, days, now);
  const { serialNumber, validTo } = new X509Certificate(cert);
  const ends = new Date(validTo).toISOString();
  const one: Issued = { serial: serialNumber.toLowerCase(), ...order, ends, by: markOf(state.current.cert) };
  // Before it is anywhere: what nobody knows of nobody can revoke.
  await store.save(authority, { ...state, issued: [...state.issued, one] });
  const files = { [`${pair}.key`]: key, [`${pair}.crt`]: cert, [bundle]: bundleOf(state) };
  await store.put(folder, { ...files, ...(await listIn(state, pair, now)) });
  return one;
}

/** A CA that nobody has yet. No two have the same name: a program that looks for an issuer by it finds one. */
export function fresh(title: string, name: AuthorityName, days: number, now: Date): Promise<Pair> {
  return newAuthority(`${title} ${name} CA ${randomBytes(4).toString('hex')}`, days, now);
}

/** The revocation list beside a certificate, once there is one. */
async function listIn({ current, revoked }: State, pair: PairName, now: Date): Promise<Record<string, Uint8Array>> {
  if (revoked.length === 0 || !isComplete(current)) return {};
  return { [PAIRS[pair].list]: await revocationList(current, revoked, now) };
}

/** Brings what is trusted now to all folders that are there still. */
export async function spread(store: Store, name: AuthorityName, now: Date): Promise<void> {
  const state = store.state(name);
  for (const [folder, pair] of new Map(state.issued.map((one) => [one.folder, one.pair]))) {
    if (!store.has(folder)) continue;
    await store.put(folder, { [PAIRS[pair].bundle]: bundleOf(state), ...(await listIn(state, pair, now)) });
  }
}

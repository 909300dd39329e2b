import { certificatesIn, privateKeyIn } from './check.ts';
import { AUTHORITIES, type AuthorityName, type Issued, type Kept, liveIn, type State } from './state.ts';
import type { Store } from './store.ts';

/** One certificate, as it is on the disk. */
export interface Row {
  what: string;
  /** Its serial, hexadecimal. */
  serial: string;
  /** Until it ends; rounded down. */
  days: number;
  /** A fault of it, or that it ends soon; empty: neither. */
  flaw: string;
}

const daysLeft = (date: string, now: Date) => Math.floor((Date.parse(date) - now.getTime()) / 86_400_000);

function ending(days: number, soon: number): string {
  if (days < 0) return 'expired';
  return days < soon ? 'ends soon' : '';
}

function authorityRow(name: AuthorityName, step: string, cert: string, now: Date, soon: number): Row {
  const [{ serialNumber, validTo }] = certificatesIn(cert);
  const days = daysLeft(validTo, now);
  return { what: `CA for ${name}${step}`, serial: serialNumber.toLowerCase(), days, flaw: ending(days, soon) };
}

function authorityRows(name: AuthorityName, { current, next, old }: State, now: Date, soon: number): Row[] {
  const row = (kept: Pick<Kept, 'cert'>, step: string) => authorityRow(name, step, kept.cert, now, soon);
  return [
    row(current, ''),
    ...(next ? [row(next, ', the next')] : []),
    ...(old ? [row({ cert: old }, ', the former')] : []),
  ];
}

/** Why the files of a certificate are not those that were issued. */
async function fileFlaw(store: Store, { folder, pair, serial }: Issued): Promise<string> {
  const [cert, key] = [await store.get(folder, `${pair}.crt`), await store.get(folder, `${pair}.key`)];
  if (cert === undefined) return 'its file is gone';
  if (key === undefined) return 'its key is gone';
  try {
    const [own] = certificatesIn(cert);
    if (own.serialNumber.toLowerCase() !== serial) return 'its file has another: issue it anew';
    const held = privateKeyIn(key);
    return held && own.checkPrivateKey(held) ? '' : 'the key beside it is not its key: issue it anew';
  } catch {
    return 'its file has no certificate';
  }
}

/**
 * All CAs and certificates, with what is wrong with them.
 *
 * @param soon days below which one ends soon
 */
export async function status(store: Store, soon: number, now: Date): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of AUTHORITIES) {
    const state = store.state(name);
    rows.push(...authorityRows(name, state, now, soon));
    for (const one of liveIn(state)) {
      const days = daysLeft(one.ends, now);
      const flaw = ending(days, soon) || (await fileFlaw(store, one));
      rows.push({ what: `${one.folder}/${one.pair}.crt`, serial: one.serial, days, flaw });
    }
  }
  return rows;
}

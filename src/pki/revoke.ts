import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { IoError } from '../io/io-error.ts';
import { spread } from './authority.ts';
import type { Outcome } from './rotate.ts';
import { AUTHORITIES, type AuthorityName, type Issued } from './state.ts';
import type { Store } from './store.ts';

type Found = Issued & { name: AuthorityName };

/** A serial, the folder of certificates, or a file with one. */
async function find(store: Store, what: string): Promise<Found[]> {
  const all = AUTHORITIES.flatMap((name) => store.state(name).issued.map((one) => ({ ...one, name })));
  const folder = what.replace(/\/+$/, '');
  const found = all.filter((one) => one.serial === what.toLowerCase().replaceAll(':', '') || one.folder === folder);
  if (found.length > 0) return found;
  const serial = await readFile(what).then(
    (bytes) => new X509Certificate(bytes).serialNumber.toLowerCase(),
    () => undefined,
  );
  return all.filter((one) => one.serial === serial);
}

/**
 * Puts certificates on their CA's revocation list.
 *
 * @param what a serial, a folder below the directory (`hosts/etcd-1`: all that were ever issued there), or a certificate's file
 * @throws IoError when nothing here was issued so, or it is revoked already
 */
export async function revoke(store: Store, what: string, now: Date): Promise<Outcome> {
  const found = (await find(store, what)).filter(({ ends }) => Date.parse(ends) > now.getTime());
  if (found.length === 0)
    throw new IoError(`Nothing that was issued here, and is valid still, is ${what}.`, 'See: quorumgate pki status.');
  const isRevoked = ({ name, serial }: Found) => store.state(name).revoked.some((one) => one.serial === serial);
  const due = found.filter((one) => !isRevoked(one));
  const done: string[] = [];
  for (const name of AUTHORITIES) {
    const own = due.filter((one) => one.name === name);
    if (own.length === 0) continue;
    const state = store.state(name);
    if (state.current.key === undefined)
      throw new IoError(
        `A command signs for ${name}: its revocation list is not made here.`,
        'Revoke it where it was signed.',
      );
    const revoked = [...state.revoked, ...own.map(({ serial }) => ({ serial, at: now.toISOString() }))];
    await store.save(name, { ...state, revoked });
    await spread(store, name, now);
    for (const { folder, pair, serial } of own) done.push(`revoked ${folder}/${pair}.crt, serial ${serial}`);
  }
  return {
    done: done.length > 0 ? done : found.map(({ serial }) => `serial ${serial} is revoked already`),
    next: 'Bring peer.crl and client.crl to all hosts, where tls.peer.crl and tls.client.crl of the spec say: etcd reads them at each connection. Consul has no such list: rotate its CA.',
  };
}

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { IoError } from '../io/io-error.ts';
import type { Wish } from './x509.ts';

const SERVER = '1.3.6.1.5.5.7.3.1';
const CLIENT = '1.3.6.1.5.5.7.3.2';

/** The certificates in a PEM text, the first is its own. Throws where there is none. */
export function certificatesIn(pem: string): [X509Certificate, ...X509Certificate[]] {
  const [first, ...more] = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (first === undefined) throw new Error('no certificate in PEM');
  return [new X509Certificate(first), ...more.map((one) => new X509Certificate(one))];
}

/** A private key without a passphrase; an error of the parser may quote what it read. */
export function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    return undefined;
  }
}

const isPast = (date: string, now: Date) => Date.parse(date) < now.getTime();
const issuedBy = (one: X509Certificate, by: X509Certificate) => one.checkIssued(by) && one.verify(by.publicKey);

/** Whether etcd and Consul verify what such a key has signed. */
function signs({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  return type === 'rsa' || ['prime256v1', 'secp384r1', 'secp521r1'].includes(details?.namedCurve ?? '');
}

/** Why nothing can be signed with a CA of the user's own; undefined: it can. */
function authorityFlaw(cert: string, key: string | undefined, now: Date): string | undefined {
  let own: X509Certificate;
  try {
    [own] = certificatesIn(cert);
  } catch {
    return 'there is no certificate in it';
  }
  if (!own.ca) return 'its certificate is not one of a CA';
  if (isPast(own.validTo, now)) return `it expired ${own.validTo}`;
  if (key === undefined) return undefined;
  const held = privateKeyIn(key);
  if (held === undefined) return 'its key is none in PEM, or has a passphrase';
  if (!signs(held))
    return `its key is of type ${held.asymmetricKeyType}: RSA, and ECDSA on P-256, P-384 and P-521 are taken`;
  return own.checkPrivateKey(held) ? undefined : 'the key given is not its key';
}

/** @throws IoError when nothing can be signed with a CA of the user's own */
export function assertAuthority(cert: string, key: string | undefined, file: string, now: Date): void {
  const flaw = authorityFlaw(cert, key, now);
  if (flaw === undefined) return;
  throw new IoError(
    `${file} cannot be used as a CA: ${flaw}.`,
    "Give a CA's certificate in PEM, and its key without a passphrase.",
  );
}

/** Why a certificate that somebody else has signed is not what was asked for; undefined: it is. */
export function flawOf(cert: string, key: string, wish: Wish, bundle: string, now: Date): string | undefined {
  let leaf: X509Certificate;
  let between: X509Certificate[];
  try {
    [leaf, ...between] = certificatesIn(cert);
  } catch {
    return 'it gave no certificate in PEM';
  }
  const held = privateKeyIn(key);
  if (held === undefined || !leaf.checkPrivateKey(held)) return 'it is for another key than the one in the request';
  if (isPast(leaf.validTo, now)) return `it expired ${leaf.validTo}`;
  const missing = [
    ...wish.ips.filter((ip) => !leaf.checkIP(ip)),
    ...wish.dns.filter((name) => !leaf.checkHost(name, { subject: 'never' })),
  ];
  if (missing.length > 0) return `it lacks the SAN ${missing.join(', ')}`;
  const usages = wish.usage === 'member' ? [SERVER, CLIENT] : [CLIENT];
  if (leaf.keyUsage && !usages.every((usage) => leaf.keyUsage.includes(usage)))
    return `it is not for ${wish.usage === 'member' ? 'servers and clients' : 'clients'}`;
  return reaches(leaf, between, certificatesIn(bundle)) ? undefined : 'it is not of the CA that hosts are given';
}

function reaches(leaf: X509Certificate, between: X509Certificate[], roots: X509Certificate[]): boolean {
  if (roots.some((root) => issuedBy(leaf, root))) return true;
  return between.some(
    (one) =>
      issuedBy(leaf, one) &&
      reaches(
        one,
        between.filter((other) => other !== one),
        roots,
      ),
  );
}

import 'reflect-metadata';
import { createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';

type Parameters = webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams;

const { subtle } = webcrypto;
cryptoProvider.set(webcrypto);

/** A certificate and its private key, in PEM (PKCS#8). */
export interface Pair {
  cert: string;
  key: string;
}

/** The names of a certificate, and on which sides of a connection it is good. */
export interface Wish {
  commonName: string;
  dns: readonly string[];
  ips: readonly string[];
  /** A member is a server and, to other members, a client. */
  usage: 'member' | 'client';
}

/** Which of them a certificate revocation list names. */
export interface Revoked {
  /** Hexadecimal. */
  serial: string;
  /** ISO 8601. */
  at: string;
}

const DAY = 86_400_000;
/** Clocks of hosts may be a little behind. */
const BEHIND = 300_000;

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

const newKeys = () => subtle.generateKey(P256, true, ['sign', 'verify']);

const pemOf = async (key: webcrypto.CryptoKey) =>
  `${PemConverter.encode(await subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;

/** Positive, and of as many bits as nobody guesses. */
function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

const life = (now: Date, days: number) => ({
  notBefore: new Date(now.getTime() - BEHIND),
  notAfter: new Date(now.getTime() + days * DAY),
});

const named = (commonName: string) => new Name([{ CN: [commonName] }]);

/** How Web Crypto signs with a key. Throws for a kind that etcd's TLS does not take. */
function signing(key: KeyObject): { import: Parameters; sign: webcrypto.EcdsaParams | webcrypto.Algorithm } {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[details?.namedCurve ?? ''];
  if (type === 'ec' && curve) {
    const hash = curve === 'P-256' ? 'SHA-256' : 'SHA-384';
    return { import: { name: 'ECDSA', namedCurve: curve }, sign: { name: 'ECDSA', hash } };
  }
  if (type === 'rsa') {
    const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    return { import: rsa, sign: rsa };
  }
  throw new Error(`a key of type ${type}${details?.namedCurve ? ` (${details.namedCurve})` : ''} signs nothing here`);
}

async function signerOf({ cert, key }: Pair) {
  const object = createPrivateKey(key);
  const { import: params, sign } = signing(object);
  const der = object.export({ type: 'pkcs8', format: 'der' });
  const signingKey = await subtle.importKey('pkcs8', new Uint8Array(der), params, false, ['sign']);
  return { issuer: new X509Certificate(cert), signingKey, signingAlgorithm: sign as webcrypto.EcdsaParams };
}

/** A CA of its own, below which there is no other. */
export async function newAuthority(commonName: string, days: number, now: Date): Promise<Pair> {
  const keys = await newKeys();
  const cert = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: named(commonName).toString(),
    ...life(now, days),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await pemOf(keys.privateKey) };
}

function extensionsOf({ dns, ips, usage }: Wish) {
  const names: JsonGeneralName[] = [
    ...ips.map((value) => ({ type: 'ip' as const, value })),
    ...dns.map((value) => ({ type: 'dns' as const, value })),
  ];
  const usages = [...(usage === 'member' ? [ExtendedKeyUsage.serverAuth] : []), ExtendedKeyUsage.clientAuth];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(usages),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
}

/** A new key, and a certificate for it that a CA here signs. It ends no later than its CA. */
export async function issue(authority: Pair, wish: Wish, days: number, now: Date): Promise<Pair> {
  const { issuer, signingKey, signingAlgorithm } = await signerOf(authority);
  const keys = await newKeys();
  const { notBefore, notAfter } = life(now, days);
  const cert = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: named(wish.commonName).toString(),
    issuer: issuer.subject,
    notBefore,
    notAfter: new Date(Math.min(notAfter.getTime(), issuer.notAfter.getTime())),
    signingAlgorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      ...extensionsOf(wish),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(new PublicKey(issuer.publicKey.rawData)),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await pemOf(keys.privateKey) };
}

/** A new key, and the request (PKCS#10, PEM) that a CA elsewhere signs. */
export async function request(wish: Wish): Promise<{ csr: string; key: string }> {
  const keys = await newKeys();
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: named(wish.commonName).toString(),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: extensionsOf(wish),
  });
  return { csr: `${csr.toString('pem')}\n`, key: await pemOf(keys.privateKey) };
}

/**
 * A revocation list that is good for as long as its CA: etcd looks at the serials alone. In DER, for of PEM etcd 3.6 and newer say `malformed crl`, and
 * let nobody in (3.5.16 to 3.7.3 tried, 2026-12-01).
 */
export async function revocationList(authority: Pair, revoked: readonly Revoked[], now: Date): Promise<Uint8Array> {
  const { issuer, signingKey, signingAlgorithm } = await signerOf(authority);
  const list = await X509CrlGenerator.create({
    issuer: issuer.subject,
    thisUpdate: new Date(now.getTime() - BEHIND),
    nextUpdate: issuer.notAfter,
    signingAlgorithm,
    signingKey,
    entries: revoked.map(({ serial, at }) => ({ serialNumber: serial, revocationDate: new Date(at) })),
  });
  return new Uint8Array(list.rawData);
}

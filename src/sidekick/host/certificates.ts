import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { peerHost, type Settings, type TlsFiles } from '../shared/settings.ts';

/** serverAuth and clientAuth, on both sides: sidekicks, and etcd's own JSON gateway, come to members with the clients' pair. */
const usages = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

/** Throws in words that name the file. */
function parsed<T>(path: string, parse: (content: Buffer) => T): T {
  try {
    return parse(readFileSync(path));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** The blocks of a PEM file that are of a kind. */
const load = <T>(path: string, kind: RegExp, parse: (block: string) => T): [T, ...T[]] =>
  parsed(path, (content) => {
    const blocks = content.toString().split(/(?=-----BEGIN )/);
    const [first = '', ...more] = blocks.filter((block) => kind.test(block));
    return [parse(first), ...more.map(parse)];
  });

/** Of another form etcd from 3.6 on says `malformed crl` to whoever comes; without the file every version does. */
const assertDer = (path: string) =>
  parsed(path, ([type]) => {
    if (type !== 0x30) throw new Error(`it is not DER: openssl crl -in ${path} -outform DER`);
  });

const toCertificate = (block: string) => new X509Certificate(block);
const isFuture = (date: string) => Date.parse(date) > Date.now();
const issued = (by: X509Certificate, one: X509Certificate) => one.checkIssued(by) && one.verify(by.publicKey);

/** Go trusts all that is in the bundle; OpenSSL, with which sidekicks verify, nothing below one that is its own issuer. */
function reachesRoot(one: X509Certificate, roots: X509Certificate[], others: X509Certificate[]): boolean {
  return (
    !isFuture(one.validFrom) &&
    isFuture(one.validTo) &&
    ((one.issuer === one.subject && roots.some((root) => root.raw.equals(one.raw))) ||
      others.some((by) => {
        const rest = others.filter((other) => other !== by);
        return issued(by, one) && reachesRoot(by, roots, rest);
      }))
  );
}

/** The CAs of these files; throws why nobody would know this host by them. Names count as in Go: those of the SAN alone. */
function assertUsable({ cert, key, ca, crl }: TlsFiles, hosts: (string | undefined)[], commonName?: string) {
  const [leaf, ...between] = load(cert, /--BEGIN CERT/, toCertificate);
  // Here etcd skips no block of another kind.
  const roots = load(ca, /--BEGIN/, toCertificate);
  const unnamed = hosts.find(
    (host) => host && !(isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host, { subject: 'never' })),
  );
  const flaws: [is: unknown, cause: string][] = [
    [!leaf.checkPrivateKey(load(key, /PRIVATE KEY--/, createPrivateKey)[0]), `${key} is not its key`],
    [isFuture(leaf.validFrom), `valid from ${leaf.validFrom}`],
    [!isFuture(leaf.validTo), `expired ${leaf.validTo}`],
    [!reachesRoot(leaf, roots, [...roots, ...between]), `no valid issuer and its root in ${ca}`],
    [unnamed, `no SAN ${unnamed}`],
    [commonName && leaf.toLegacyObject().subject.CN !== commonName, `common name is not ${commonName}`],
    [leaf.keyUsage && !usages.every((usage) => leaf.keyUsage.includes(usage)), 'not for serverAuth and clientAuth'],
  ];
  const flaw = flaws.find(([is]) => is);
  if (flaw) throw new Error(`${cert} cannot be used: ${flaw[1]}`);
  if (crl) assertDer(crl);
  return roots;
}

/**
 * Why etcd could not be used with this host's certificates, as its files are at this moment, in one line; undefined: they
 * are in order. Each cause is one with which etcd would not start, nobody would accept it, or any client would pass for a member.
 */
export function certificateProblem(settings: Settings): string | undefined {
  const { tls, clientTls, address, peerHostname, peerCommonName } = settings;
  if (!tls || !clientTls) return undefined;
  try {
    const peers = assertUsable(tls, [peerHost(settings, address), peerHostname], peerCommonName);
    const shared = assertUsable(clientTls, [address]).some((one) =>
      peers.some((peer) => peer.publicKey.equals(one.publicKey) || issued(peer, one)),
    );
    return shared && !peerHostname && !peerCommonName
      ? `any client could be a member: ${clientTls.ca} and ${tls.ca} share a CA (docs/tls.md)`
      : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'node:tls';
import { errorCode, IoError, toIoError } from '../../io/io-error.ts';
import type { Settings } from '../../sidekick/shared/settings.ts';

/** Milliseconds for one handshake. */
const PATIENCE = 5000;

/**
 * The certificate that is shown at a port, by its fingerprint. Nothing is trusted for it: it is only compared, and who shows it has
 * proven by the handshake that its key is there. TLS 1.3 gets so far before a client has to show one.
 */
function shownAt(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1.3' });
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer')));
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

/** Fingerprints of a certificate that `quorumgate pki` has issued: of this host, or, where hosts have one in common, of any. */
function issued(directory: string, host: string, pair: string): string[] {
  const hosts = path.join(directory, 'hosts');
  try {
    const names = readdirSync(hosts);
    return (names.includes(host) ? [host] : names).map(
      (name) => new X509Certificate(readFileSync(path.join(hosts, name, `${pair}.crt`))).fingerprint256,
    );
  } catch (error) {
    if (errorCode(error) === undefined) {
      throw new IoError(`A ${pair}.crt in ${hosts} is no certificate.`, 'See quorumgate pki status.');
    }
    throw toIoError(error, `Cannot read the certificates of ${host} in ${hosts}`);
  }
}

/**
 * Whether a member shows its peers and clients the certificates that lie in a directory of `quorumgate pki`.
 *
 * @returns why not, in one line; empty: it does
 * @throws IoError when the directory has none
 */
export async function certificateFlaw(
  { peerPort, clientPort }: Pick<Settings, 'peerPort' | 'clientPort'>,
  directory: string,
  { name, address }: { name: string; address: string },
): Promise<string> {
  const ports = [
    ['peer', peerPort],
    ['server', clientPort],
  ] as const;
  for (const [pair, port] of ports) {
    const wanted = issued(directory, name, pair);
    const shown = await shownAt(address, port).catch((error: Error) => error);
    if (shown instanceof Error) return `${address}:${port} shows no certificate: ${shown.message}`;
    if (!wanted.includes(shown)) return `${address}:${port} shows another certificate than ${pair}.crt in ${directory}`;
  }
  return '';
}

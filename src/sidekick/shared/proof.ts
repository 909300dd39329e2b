import { createPublicKey, verify } from 'node:crypto';
import { type ClusterRecord, lineageOf } from './record.ts';

/** The text that an operator signs: every field that has a meaning, in one order. */
export function signedText(cluster: string, record: ClusterRecord): string {
  const { generation, token, size, members, cluster_id, snapshot = '' } = record;
  const rows = members.map(({ name, incarnation, peer_url }) => [name, incarnation, peer_url]);
  const fields = [cluster, lineageOf(record), generation, token, size, rows, cluster_id, snapshot];
  return `quorumgate record\n${JSON.stringify(fields)}`;
}

/** The text that an operator signs to retire a disk. */
export function retiredText(cluster: string, incarnation: string, member: string): string {
  return `quorumgate retired\n${JSON.stringify([cluster, incarnation, member])}`;
}

/**
 * Whether one of these public keys (base64url, 32 bytes each) has signed this text with Ed25519. What is no key or no signature
 * proves nothing.
 */
export function isSigned(text: string, proof: string | undefined, keys: readonly string[]): boolean {
  if (proof === undefined) return false;
  return keys.some((x) => {
    try {
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      return verify(null, Buffer.from(text), key, Buffer.from(proof, 'base64url'));
    } catch {
      return false;
    }
  });
}

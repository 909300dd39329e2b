import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

/**
 * An operator's key of the model: always the same, so that schedules are. A PKCS #8 document of Ed25519 is this head and
 * 32 bytes.
 */
const HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const key = createPrivateKey({ key: Buffer.concat([HEAD, Buffer.alloc(32, 7)]), format: 'der', type: 'pkcs8' });

export const OPERATOR_KEYS = [createPublicKey(key).export({ format: 'jwk' }).x ?? ''];

const proofs = new Map<string, string>();

/** The operator's signature of a text, base64url. */
export function prove(text: string): string {
  let proof = proofs.get(text);
  if (proof === undefined) {
    if (proofs.size > 20_000) proofs.clear();
    proof = sign(null, Buffer.from(text), key).toString('base64url');
    proofs.set(text, proof);
  }
  return proof;
}

/** A proof that nobody made, and that looks like one. */
export const FORGED = Buffer.alloc(64, 3).toString('base64url');

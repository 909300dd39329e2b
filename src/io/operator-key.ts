import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { IoError } from './io-error.ts';
import { readSmallFile, writeNewFile } from './small-file.ts';

/** An operator's Ed25519 key. The private half stays inside. */
export interface OperatorKey {
  /** As the spec has it: base64url, 43 characters. */
  publicHalf: string;
  /** The signature of a text, base64url. */
  sign(text: string): string;
}

/** More bytes than any PEM of this kind has. */
const LIMIT = 4096;

export function toOperatorKey(privateKey: KeyObject): OperatorKey {
  const { x } = privateKey.export({ format: 'jwk' });
  if (x === undefined) throw new Error('not an Ed25519 key');
  return { publicHalf: x, sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url') };
}

/** A key that nobody has yet: PKCS#8 in PEM. */
export function newOperatorPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Undefined for what is no Ed25519 private key. Never an error: one of the parser may quote what it read. */
export function operatorKeyOf(pem: string | Buffer): OperatorKey | undefined {
  if (pem.length > LIMIT) return undefined;
  try {
    const key = createPrivateKey({ key: pem, format: 'pem' });
    return key.asymmetricKeyType === 'ed25519' ? toOperatorKey(key) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes a key in a file, for its owner alone.
 *
 * @throws IoError when something is there already, or nothing can be
 */
export async function generateOperatorKey(file: string): Promise<OperatorKey> {
  const pem = newOperatorPem();
  await writeNewFile(file, pem);
  return toOperatorKey(createPrivateKey(pem));
}

/**
 * Reads a key.
 *
 * @throws IoError when it cannot be read, or is no Ed25519 key; nothing of the file stands in the message
 */
export async function readOperatorKey(file: string): Promise<OperatorKey> {
  const key = operatorKeyOf(await readSmallFile(file, LIMIT));
  if (key !== undefined) return key;
  throw new IoError(
    `${file} is no operator's key: it has to be an Ed25519 private key in PEM, not encrypted.`,
    'Give the file that `quorumgate key generate` has written.',
  );
}

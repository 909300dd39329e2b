import type { Rule } from './draft.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The field and the curve of Ed25519 (RFC 8032, 5.1). */
const P = 2n ** 255n - 19n;
const D = modulo(-121_665n * power(121_666n, P - 2n));

/**
 * Whether 32 bytes can be somebody's public key: whole bytes, a point of the curve, written in the one way, and none of
 * the few for which anybody finds signatures (all zeros are one, as a place that was meant to be filled has them).
 */
export function isPublicKey(base64url: string): boolean {
  const bits = [...base64url].reduce((sum, letter) => sum * 64n + BigInt(ALPHABET.indexOf(letter)), 0n);
  // 43 letters are 258 bits, of which bytes leave two.
  if (base64url.length !== 43 || bits % 4n !== 0n) return false;
  const bytes = (bits >> 2n).toString(16).padStart(64, '0').match(/../g) ?? [];
  // Little-endian; the highest bit is the sign of x.
  const y = BigInt(`0x${bytes.reverse().join('')}`) & (2n ** 255n - 1n);
  if (y >= P) return false;
  const square = modulo(y * y);
  // x² is this fraction: it has to have a root.
  const [above, below] = [square - 1n, D * square + 1n];
  if (power(modulo(above * below), (P - 1n) / 2n) > 1n) return false;
  // Orders 1 and 2, 4, 8.
  return square !== 1n && square !== 0n && modulo(D * square * square + 2n * square - 1n) !== 0n;
}

export const operatorKeys: Rule = ({ cluster }) =>
  (cluster?.operatorKeys ?? []).flatMap((key, index) => {
    if (key === undefined || isPublicKey(key)) return [];
    const message = `\`${key}\` is no public half of an operator's key: nobody's signature would be told from another's by it.`;
    return [{ code: 'operator-key-invalid', pointer: `/cluster/operatorKeys/${index}`, message }];
  });

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

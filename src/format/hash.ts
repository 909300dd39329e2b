import { sha256 as hash256, sha512 as hash512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** Hashes as lower-case hex digits. */
export const sha256 = (bytes: Uint8Array) => bytesToHex(hash256(bytes));
export const sha512 = (bytes: Uint8Array) => bytesToHex(hash512(bytes));

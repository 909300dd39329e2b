import fc from 'fast-check';
import { countIn } from '../host/dns.ts';
import { visible } from '../host/text.ts';
import { bytesLike } from './answers.ts';

const asked = Buffer.from('516701000001000000000000016101620000210001', 'hex');
/** Two SRV records. */
const record = 'c00c002100010000000000080001000109 4cc00c'.replace(' ', '');
const truth = Buffer.from(`516781800001000200000000016101620000210001${record}${record}`, 'hex');

/** Generated messages of a name server, until one is counted wrong: told as hex. */
export function findMiscount(count: number, seed: number): string | undefined {
  if (countIn(truth, asked) !== 2) return 'the true one is not counted right';
  const isBorne = (bytes: Uint8Array) => {
    try {
      // No record is shorter than twelve bytes.
      return countIn(Buffer.from(bytes), asked) * 12 <= bytes.length;
    } catch (error) {
      return (error as Error).constructor === Error && (error as Error).message === visible((error as Error).message);
    }
  };
  const { counterexample } = fc.check(fc.property(bytesLike(truth), isBorne), { numRuns: count, seed });
  return counterexample === null ? undefined : Buffer.from(counterexample[0]).toString('hex');
}

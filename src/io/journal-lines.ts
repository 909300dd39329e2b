import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { toIoError } from './io-error.ts';

/** Characters of a line that is kept; `journalctl` writes no field of more than 4,096 unless it is told to. */
const LONGEST = 4 * 1024 * 1024;

/** A line of a file; one that is too long is given as its first characters. */
export interface JournalLine {
  text: string;
  /** The file goes on after it. */
  isEnded: boolean;
}

/**
 * Lines of a file of any size, with never more than one of them in memory.
 *
 * @throws IoError when it cannot be read
 */
export async function* journalLines(file: string): AsyncGenerator<JournalLine> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of createReadStream(file)) {
      const [first = '', ...others] = decoder.write(chunk as Buffer).split('\n');
      rest += rest.length > LONGEST ? '' : first;
      for (const next of others) {
        yield { text: rest, isEnded: true };
        rest = next;
      }
    }
  } catch (error) {
    throw toIoError(error, `Cannot read ${file}`);
  }
  rest += decoder.end();
  if (rest !== '') yield { text: rest, isEnded: false };
}

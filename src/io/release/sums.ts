import { ReleaseError } from './release-error.ts';

/**
 * The hash of a file in a file of sums, as `sha256sum` writes it: `HEX  NAME`, or `HEX *NAME` for binary mode. In lower case;
 * undefined when it says nothing.
 *
 * @param where its URL, for messages
 */
export function sumOf(text: string, file: string, where: string): string | undefined {
  const sums = new Set<string>();
  for (const [, hex = '', name] of text.matchAll(/^([0-9A-Fa-f]{64}) [ *](?:\.\/)?(.+?)\r?$/gm)) {
    if (name === file) sums.add(hex.toLowerCase());
  }
  if (sums.size > 1) {
    throw new ReleaseError(`${where} has ${sums.size} different sums of ${file}`, 'Repair the file of sums.');
  }
  return [...sums][0];
}

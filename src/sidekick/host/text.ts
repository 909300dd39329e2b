/** Controls, what changes the direction of writing, what takes no place, halves of pairs, what Unicode has not given out. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;

const short = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return short.get(character) ?? (code < 256 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
}

/**
 * Text of others as one line that does nothing but be read: in status, journal, terminal or a printed command. What cannot be
 * seen is written out (`\n`, `\x1b`), and the end is left out (`…`) where it is longer than `most` characters. Twice is as once.
 */
export function visible(text: string, most = 300): string {
  const line = text.slice(0, most + 1).replace(unseen, shown);
  // Half of a pair at the cut is no character.
  return line.length > most ? `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…` : line;
}

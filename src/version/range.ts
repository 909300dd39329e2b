import type { Fact } from './facts.ts';

type Range = Pick<Fact, 'from' | 'before'>;
/** With one end. */
type Span = { from?: string; before?: string };

const parse = (text: string) => text.split('.').map(Number);

/** Whether a version is older than another. */
export function isBefore(version: string, other: string): boolean {
  const [one, two] = [parse(version), parse(other)];
  const at = [0, 1, 2].find((index) => (one[index] ?? 0) !== (two[index] ?? 0));
  return at !== undefined && (one[at] ?? 0) < (two[at] ?? 0);
}

/** Whether a version, numbers with dots, lies in a range. */
export function isIn(version: string, { from, before }: Range): boolean {
  if (from !== undefined && isBefore(version, from)) return false;
  const end = endFor(version, before);
  return before === undefined || (end !== undefined && isBefore(version, end));
}

/** The end of a range that counts for a version: that of its own line, or of the next one that has any. */
export function endFor(version: string, before: Range['before'] = []): string | undefined {
  const ends = typeof before === 'string' ? [before] : before;
  const [major, minor] = parse(version);
  return ends.find((end) => ends.length === 1 || !isBefore(parse(end).slice(0, 2).join('.'), `${major}.${minor}`));
}

/** The last release of a range that is within one minor version. */
export function lastOf({ from = '', before = '' }: Span): string {
  const [line, end = 0] = [before.replace(/\d+$/, ''), Number(/\d+$/.exec(before)?.[0])];
  if (!/^\d+\.\d+\.$/.test(line) || !from.startsWith(line) || end < 1) {
    throw new Error(`${from} to ${before}: not within one minor version`);
  }
  return `${line}${end - 1}`;
}

/**
 * A range as a pattern, for a sidekick, which has no room for more: a whole minor version, or releases of one, of a digit each. What
 * is no release by its name (`3.5.0-rc.1`) is in the former alone.
 */
export function pattern(range: Span): RegExp {
  const { from = '', before = '' } = range;
  const [major = 0, minor = 0, first] = parse(from);
  const line = `^${major}\\.${minor}\\.`;
  if (first === undefined && before === `${major}.${minor + 1}`) return new RegExp(line);
  const last = parse(lastOf(range))[2] ?? 0;
  if (first === undefined || last > 9) throw new Error(`${from} to ${before}: no pattern`);
  return new RegExp(`${line}[${'0123456789'.slice(first, last + 1)}]$`);
}

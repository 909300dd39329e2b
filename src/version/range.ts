import type { Fact } from './facts.ts';

type Range = Pick<Fact, 'from' | 'before'>;

const parse = (text: string) => text.split('.').map(Number);

function isBefore(version: string, other: string): boolean {
  const [one, two] = [parse(version), parse(other)];
  const at = [0, 1, 2].find((index) => (one[index] ?? 0) !== (two[index] ?? 0));
  return at !== undefined && (one[at] ?? 0) < (two[at] ?? 0);
}

/** Whether a version, numbers with dots, lies in a range. */
export function isIn(version: string, { from, before }: Range): boolean {
  return (from === undefined || !isBefore(version, from)) && (before === undefined || isBefore(version, before));
}

/** The last release of a range that is within one minor version. */
export function lastOf({ from = '', before = '' }: Range): string {
  const [line, end = 0] = [before.replace(/\d+$/, ''), Number(/\d+$/.exec(before)?.[0])];
  if (!/^\d+\.\d+\.$/.test(line) || !from.startsWith(line) || end < 1) {
    throw new Error(`${from} to ${before}: not within one minor version`);
  }
  return `${line}${end - 1}`;
}

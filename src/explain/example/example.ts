import type { LockFile } from '../../compile.ts';
import type { Code } from '../../diagnostic/codes.ts';

/** Lines of a spec that show a diagnostic, and the same without it. A test puts both into the smallest spec. */
export interface Example {
  wrong: readonly string[];
  right: readonly string[];
  /** The wrong lines are all of the spec. */
  whole?: true;
  /** The lock file beside the spec: '' where there is none, undefined where nobody looks for one. */
  lock?: { wrong: string | undefined; right: string };
}

export type Examples = Readonly<Partial<Record<Code, Example>>>;

/** One line, in which a part is wrong. */
export const swap = (line: string, right: string, wrong: string): Example => ({
  wrong: [line.replace('<>', () => wrong)],
  right: [line.replace('<>', () => right)],
});

const LINES = {
  version: 'version: 1',
  cluster: 'cluster: {name: mycluster, size: 3}',
  targets: 'targets: [aws]',
  address: 'address: {metadata: ec2}',
  consul: 'consul: {servers: members, join: [10.0.0.5]}',
  etcd: 'etcd: {version: 3.7.3}',
  tls: 'tls: off',
  programs: 'programs: {sidekick: {url: "https://example.com/etcd-sidekick.cjs"}}',
};

/** Lines by their key of the top level; those that are indented belong to the one before. */
function byKey(lines: readonly string[]): [key: string, text: string][] {
  const found: [string, string][] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last && /^\s/.test(line)) last[1] += `\n${line}`;
    else found.push([/^(\w+):/.exec(line)?.[1] ?? '', line]);
  }
  return found;
}

/** The smallest spec, with these lines of an example in the place of those that have its keys. */
export function specOf({ wrong, right, whole }: Example, which: 'wrong' | 'right'): string {
  if (whole && which === 'wrong') return `${wrong.join('\n')}\n`;
  const lines = byKey(which === 'wrong' ? wrong : right);
  const keys = new Set(whole ? [] : [...byKey(wrong), ...byKey(right)].map(([key]) => key));
  if (keys.has('secrets')) keys.add('tls');
  const base = Object.entries(LINES).flatMap(([key, line]) =>
    keys.has(key) ? lines.flatMap(([one, text]) => (one === key ? [text] : [])) : [line],
  );
  const more = lines.flatMap(([key, text]) => (key in LINES ? [] : [text]));
  return `${[...base, ...more].join('\n')}\n`;
}

/** The lock file beside it, if any may be there. */
export function lockOf({ lock }: Example, which: 'wrong' | 'right'): LockFile | undefined {
  const text = lock?.[which];
  if (text === undefined) return undefined;
  return { file: 'cluster.lock.yaml', ...(text !== '' && { text }) };
}

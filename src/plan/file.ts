import type { Assets, PlanFile } from './plan.ts';

/** The asset of this name; there is none but for a mistake of ours. */
export function asset(from: Record<string, string>, name: string): string {
  const content = from[name];
  if (content === undefined) throw new Error(`missing asset ${name}`);
  return content;
}

export function text(path: string, content: string, pointer = ''): PlanFile {
  return { path, mode: 0o644, content, pointer };
}

export function executable(path: string, content: string, pointer = ''): PlanFile {
  return { path, mode: 0o755, content, pointer };
}

/** Of units/scripts/, with parts of it that are put in after its first line. */
export function script(name: string, { scripts }: Assets, parts: readonly string[] = []): PlanFile {
  const [first = '', ...rest] = dense(asset(scripts, name)).split('\n');
  const own = parts.map((part) => dense(asset(scripts, part)).trimEnd());
  return executable(`/opt/quorumgate/libexec/${name}`, [first, ...own, ...rest].join('\n'));
}

/** Comments and indentation are for those who read the sources; user-data has no room for them. */
export function dense(source: string): string {
  return source.replace(/^[ \t]*#(?!!).*\n/gm, '').replace(/^[ \t]+/gm, '');
}

import { columns } from '../format/columns.ts';

/** A plan's words of itself: a label once for all of its lines, indented by two. */
export function facts(said: readonly (readonly [label: string, ...lines: string[]])[]): string[] {
  const rows = said.flatMap(([label, ...lines]) => lines.map((line, index) => [index === 0 ? label : '', line]));
  return columns(rows).map((line) => `  ${line}`);
}

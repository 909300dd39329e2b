import { columns } from '../../format/columns.ts';

/** Rows as aligned columns; the first is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  return columns(rows)
    .map((line) => `${line}\n`)
    .join('');
}

import { fitted } from '../../format/columns.ts';

/** Rows as aligned columns, where the terminal has room for them; the first is the head. */
export function table(rows: readonly (readonly string[])[], width?: number): string {
  return fitted(rows, width)
    .map((line) => `${line}\n`)
    .join('');
}

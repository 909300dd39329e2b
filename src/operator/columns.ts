/** Rows as aligned columns, one line each, without line breaks. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => (row[column] ?? '').length));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  );
}

/** What a plan says of itself: a label once for all of its lines, indented by two. */
export function facts(said: readonly (readonly [label: string, ...lines: string[]])[]): string[] {
  const rows = said.flatMap(([label, ...lines]) => lines.map((line, index) => [index === 0 ? label : '', line]));
  return columns(rows).map((line) => `  ${line}`);
}

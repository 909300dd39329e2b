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

/** A table whose first row is its head. Where that is wider than the terminal: each row as lines of its own, a cell after the other. */
export function fitted(
  [head = [], ...rows]: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const lines = columns([head, ...rows]);
  if (lines.every((line) => line.length <= width)) return lines;
  return rows.flatMap(([first = '', ...rest]) => {
    const named = rest.flatMap((cell, index) => (cell === '' ? [] : [[`${head[index + 1] ?? ''}:`, cell]]));
    return [first, ...(named.length === 0 ? [] : columns(named).map((line) => `  ${line}`))];
  });
}

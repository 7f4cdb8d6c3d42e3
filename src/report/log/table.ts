import type { Output } from './output.ts';

/** A group with a table; `rows` begins with its head. */
export function logTable(output: Output, title: string, rows: readonly string[][], widest?: number[]): void {
  output.startGroup(title);
  for (const line of columns(rows, widest)) output.line(line);
  output.endGroup();
}

/**
 * Rows of a table for the log, with aligned columns two spaces apart. A cell is one line of plain text.
 *
 * @param widest - the largest width of each column; a longer cell shifts the rest of its row to the right
 */
function columns(rows: readonly (readonly string[])[], widest: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, index) =>
        cell.padEnd(Math.min(widths[index] ?? 0, widest[index] ?? Number.POSITIVE_INFINITY)),
      )
      .join('  ')
      .trimEnd(),
  );
}

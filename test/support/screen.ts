/** A terminal as far as the log that is redrawn uses one: rows that wrap, and a cursor that goes up and clears. */
export interface ModelScreen {
  write(text: string): true;
  columns: number;
  /** What a person sees, without blanks at the end. */
  rows(): string[];
  /** Every sequence that it did not know. */
  readonly unknown: string[];
}

export function modelScreen(columns: number): ModelScreen {
  const cells: string[][] = [[]];
  const unknown: string[] = [];
  let [row, column] = [0, 0];
  const put = (character: string): void => {
    if (column >= columns) [row, column] = [row + 1, 0];
    cells[row] ??= [];
    const line = cells[row] ?? [];
    while (line.length < column) line.push(' ');
    line[column] = character;
    column += 1;
  };
  return {
    columns,
    unknown,
    rows: () => cells.map((line) => line.join('').trimEnd()),
    write(text) {
      for (const [sequence, count] of text.matchAll(/\u001b\[(\d*)[A-Za-z]|[\s\S]/gu)) {
        if (sequence === '\n') {
          [row, column] = [row + 1, 0];
          cells[row] ??= [];
        } else if (sequence === '\r') column = 0;
        else if (!sequence.startsWith('\u001b')) put(sequence);
        else if (sequence.endsWith('A')) row = Math.max(0, row - Number(count || 1));
        else if (sequence.endsWith('J')) {
          cells.length = row + 1;
          cells[row]?.splice(column);
        } else if (!sequence.endsWith('m')) unknown.push(sequence);
      }
      return true;
    },
  };
}

import { shorten } from '../../src/problem.ts';
import type { Evidence } from './service.ts';

/** A question with its answer, or with why there is none. */
export interface Row {
  readonly id: string;
  readonly question: string;
  readonly answer?: string;
  readonly reason?: string;
  readonly evidence: readonly Evidence[];
}

const narrowest = 60;
/** Characters of a piece of evidence. JSON has more of it. */
const longestLine = 180;
/** A build is known by its first digits. */
const uuid = /\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

/** The rows as a table of three columns, each cell wrapped. */
export function table(rows: readonly Row[], width: number): string {
  const rest = Math.max(width, narrowest) - 6;
  const widths = [Math.floor(rest * 0.28), Math.floor(rest * 0.32)];
  widths.push(rest - widths.reduce((one, other) => one + other, 0));
  const cells = rows.map(({ question, answer, reason, evidence }) => [
    [question],
    [answer ?? `Not answered: ${reason}`],
    evidence.map(
      ({ request, status, line }) =>
        `${request}${status === undefined ? '' : ` → ${status}`}: ${shorten(line.replace(uuid, '$1…'), longestLine)}`,
    ),
  ]);
  const rule = `${widths.map((each) => '─'.repeat(each)).join('─┼─')}\n`;
  const all = [[['Question'], ['Answer'], ['Evidence']], ...cells];
  return all.map((row) => printRow(row, widths)).join(rule);
}

function printRow(cells: readonly (readonly string[])[], widths: readonly number[]): string {
  const columns = cells.map((texts, index) => texts.flatMap((text) => wrap(text, widths[index] ?? 0)));
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) => {
    const line = columns.map((lines, index) => (lines[at] ?? '').padEnd(widths[index] ?? 0)).join(' │ ');
    return `${line.trimEnd()}\n`;
  }).join('');
}

/** Lines of at most `width` characters, broken at blanks, and inside a word only where it is longer. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}

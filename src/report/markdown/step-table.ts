import type { ResultStep } from '../result/result.ts';
import { formatCount, formatDuration } from '../text/format.ts';
import { escapeMarkdown, inlineCode, table } from './markdown.ts';

interface Column {
  readonly title: string;
  readonly cell: (step: ResultStep) => string;
  /** Whether the column has anything to show for these steps; by default it has. */
  readonly says?: (steps: readonly ResultStep[]) => boolean;
}

// The step comes last, since a narrow screen shows the beginning of each row. Columns with nothing to show are left
// out.
const columns: readonly Column[] = [
  { title: '#', cell: ({ number }) => (number === undefined ? '' : String(number)) },
  {
    title: 'Result',
    cell: ({ state }) => (state === 'failed' ? '**failed**' : state),
    says: (steps) => !isToldAbove(steps),
  },
  {
    title: 'Duration',
    cell: ({ durationMs }) => duration(durationMs),
    says: (steps) => !isToldAbove(steps) || steps.some(({ durationMs }) => durationMs !== undefined),
  },
  {
    title: 'Usually',
    cell: ({ usualMs }) => duration(usualMs),
    says: (steps) => steps.some(({ usualMs }) => usualMs !== undefined),
  },
  {
    title: 'Step',
    cell: ({ title, hidden }) => (hidden ? escapeMarkdown(title, 200) : inlineCode(title)),
  },
];

/** Whether the text above the table explains all of its steps: nothing was built, or the run did not wait. */
function isToldAbove(steps: readonly ResultStep[]): boolean {
  const [state, ...others] = new Set(steps.map((step) => step.state));
  return others.length === 0 && (state === 'reused' || state === 'not built' || state === 'pending');
}

/** The steps of a build as a Markdown table of at most `budget` bytes; rows in the middle are dropped. */
export function stepTable(steps: readonly ResultStep[], budget: number): string {
  const shown = columns.filter(({ says }) => says?.(steps) ?? true);
  const head = shown.map(({ title }) => title);
  const rows = steps.map((step) => shown.map(({ cell }) => cell(step)));
  const whole = table(head, rows);
  return Buffer.byteLength(whole) <= budget ? whole : cutTable(head, rows, budget);
}

function duration(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : formatDuration(milliseconds);
}

/** Keeps rows from both ends as long as they fit, since the first and the last say most. */
function cutTable(head: readonly string[], rows: readonly string[][], budget: number): string {
  const headBytes = Buffer.byteLength(table(head, []));
  let bytesLeft = budget - headBytes - 200;
  let kept = 0;
  const inward = rows.map((_, index) => (index % 2 ? rows.length - (index + 1) / 2 : index / 2));
  for (const index of inward) {
    bytesLeft -= Buffer.byteLength(table(head, [rows[index] ?? []])) - headBytes;
    if (bytesLeft < 0) break;
    kept += 1;
  }
  const first = Math.ceil(kept / 2);
  const note = [
    ...head.slice(1).map(() => ''),
    `${formatCount(rows.length - kept, 'step')} left out for length`,
  ];
  return table(head, [...rows.slice(0, first), note, ...rows.slice(rows.length - (kept - first))]);
}

import type { ResultStep } from '../result/result.ts';
import { singleLine } from '../text/sanitize.ts';
import { fence } from './markdown.ts';

/** More bars than this cannot be read; the longest are kept. */
export const barLimit = 50;

/** A wrong clock must not stretch the picture past the dates that can be written. */
const longestBuild = 7 * 24 * 3_600_000;

/** Mermaid reads these at the start of a bar's name as keywords. */
const keywords =
  /^(gantt|dateformat|inclusiveenddates|topaxis|axisformat|tickinterval|includes|excludes|todaymarker|weekday|weekend|title|section|click|call|href|acctitle|accdescr|end|\d{4}-)/i;

/**
 * Where the time went, as a Mermaid gantt chart in a fenced block; nothing when no step has a time. Cached
 * steps are drawn as done, the failed one as critical. Bars of no length get a visible one.
 */
export function timeline(rows: readonly ResultStep[]): string | undefined {
  const { bars, timed } = placeBars(rows);
  const total = Math.max(0, ...bars.map((bar) => bar.start + bar.length));
  if (total <= 0) return undefined;
  const shortest = Math.max(1, Math.round(total / 200));
  const lines = bars.map(({ row, start, length }) => {
    // A bar without a keyword has the theme's colors; those of `active` cannot be read in the dark.
    const kind = row.state === 'cached' ? 'done, ' : row.state === 'failed' ? 'crit, ' : '';
    return `    ${barName(row)} :${kind}${clock(start)}, ${Math.max(shortest, Math.round(length))}ms`;
  });
  const chart = [
    'gantt',
    '    title Where the time went',
    '    dateFormat YYYY-MM-DD HH:mm:ss.SSS',
    ...axis(total),
    '    todayMarker off',
    ...lines,
  ].join('\n');
  const note = bars.length < timed ? `\n\nThe ${bars.length} longest of ${timed} steps.` : '';
  return fence(chart, 'mermaid') + note;
}

/** Widths between ticks, with Mermaid's word for each and the format of their times. */
const ticks: readonly (readonly [number, string, string])[] = [
  [100, '100millisecond', '%-S.%L s'],
  [500, '500millisecond', '%-S.%L s'],
  [1000, '1second', '%-S s'],
  [5000, '5second', '%-S s'],
  [10_000, '10second', '%M:%S'],
  [30_000, '30second', '%M:%S'],
  [60_000, '1minute', '%M:%S'],
  [300_000, '5minute', '%M:%S'],
  [600_000, '10minute', '%H:%M'],
  [1_800_000, '30minute', '%H:%M'],
  [3_600_000, '1hour', '%H:%M'],
];

const tickLimit = 10;

/** Ticks that read differently and do not touch, unlike those that Mermaid chooses. */
function axis(total: number): string[] {
  const fitting = ticks.find(([width]) => total / width <= tickLimit);
  if (!fitting) return ['    axisFormat %H:%M'];
  const [, interval, format] = fitting;
  return [`    axisFormat ${format}`, `    tickInterval ${interval}`];
}

interface Bar {
  readonly row: ResultStep;
  /** Milliseconds since the first step began. */
  readonly start: number;
  readonly length: number;
}

/** The bars of the longest steps, and how many steps have a time at all. */
function placeBars(rows: readonly ResultStep[]): { readonly bars: readonly Bar[]; readonly timed: number } {
  const starts = rows.map(({ startedAt }) => (startedAt === undefined ? undefined : Date.parse(startedAt)));
  const origin = Math.min(...starts.filter((at) => at !== undefined));
  const bars: Bar[] = [];
  let end = 0;
  for (const [index, row] of rows.entries()) {
    const startedAt = starts[index];
    if (startedAt === undefined && row.durationMs === undefined) continue;
    const start = startedAt === undefined ? end : Math.min(longestBuild, startedAt - origin);
    const length = Math.min(longestBuild, Math.max(0, row.durationMs ?? 0));
    end = start + length;
    bars.push({ row, start, length });
  }
  const timed = bars.length;
  if (timed <= barLimit) return { bars, timed };
  const longest = [...bars].sort((one, other) => other.length - one.length).slice(0, barLimit);
  return { bars: bars.filter((bar) => longest.includes(bar)), timed };
}

/** Letters, digits and the few signs without a meaning in any version of Mermaid. */
function barName(row: ResultStep): string {
  const number = row.number === undefined ? '' : `${row.number} `;
  const words = singleLine(row.title.replace(/[^\p{L}\p{N} ._/=+-]/gu, ' '), 60).replace('…', '');
  const name = (number + words).trim() || 'step';
  return keywords.test(name) ? `step ${name}` : name;
}

/** A date without daylight-saving change, read in the viewer's own time zone, so that the axis starts at 0. */
function clock(milliseconds: number): string {
  const date = new Date(Date.UTC(2000, 0, 1) + Math.round(milliseconds));
  return date.toISOString().replace('T', ' ').replace('Z', '');
}

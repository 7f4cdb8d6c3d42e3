import { fence } from './markdown.ts';
import { singleLine } from './sanitise.ts';
import type { StepRow } from './step-rows.ts';

/** More bars than this make no picture; the longest are kept. */
export const barLimit = 50;

/** A clock that went wrong must not stretch the picture beyond the dates that can be written. */
const longestBuild = 7 * 24 * 3_600_000;

/** Mermaid reads these, at the start of a bar's name, as its own words. */
const ownWords =
  /^(gantt|dateformat|inclusiveenddates|topaxis|axisformat|tickinterval|includes|excludes|todaymarker|weekday|weekend|title|section|click|call|href|acctitle|accdescr|end|\d{4}-)/i;

/**
 * Where the time went, as a Mermaid gantt chart in a fenced block; nothing when no step has a time. Cached
 * steps are drawn as done, the failed one as critical. Bars of no length get a visible one.
 */
export function timeline(rows: readonly StepRow[]): string | undefined {
  const bars = placed(rows);
  const total = Math.max(0, ...bars.map((bar) => bar.start + bar.length));
  if (total <= 0) return undefined;
  const shortest = Math.max(1, Math.round(total / 200));
  const lines = bars.map(({ row, start, length }) => {
    const kind = row.state === 'cached' ? 'done' : row.state === 'failed' ? 'crit' : 'active';
    return `    ${barName(row)} :${kind}, ${clock(start)}, ${Math.max(shortest, Math.round(length))}ms`;
  });
  const chart = [
    'gantt',
    '    title Where the time went',
    '    dateFormat YYYY-MM-DD HH:mm:ss.SSS',
    `    axisFormat ${total < 3_600_000 ? '%M:%S' : '%H:%M'}`,
    '    todayMarker off',
    ...lines,
  ].join('\n');
  const left = rows.length - bars.length;
  return (
    fence(chart, 'mermaid') + (left > 0 ? `\n\nThe ${bars.length} longest of ${rows.length} steps.` : '')
  );
}

interface Bar {
  readonly row: StepRow;
  /** Milliseconds since the first step began. */
  readonly start: number;
  readonly length: number;
}

function placed(rows: readonly StepRow[]): Bar[] {
  const origin = rows.reduce(
    (first, { startedAt }) => Math.min(first, startedAt ?? first),
    Number.POSITIVE_INFINITY,
  );
  const bars: Bar[] = [];
  let end = 0;
  for (const row of rows) {
    if (row.startedAt === undefined && row.durationMs === undefined) continue;
    const start = row.startedAt === undefined ? end : Math.min(longestBuild, row.startedAt - origin);
    const length = Math.min(longestBuild, Math.max(0, row.durationMs ?? 0));
    end = start + length;
    bars.push({ row, start, length });
  }
  if (bars.length <= barLimit) return bars;
  const longest = [...bars].sort((one, other) => other.length - one.length).slice(0, barLimit);
  return bars.filter((bar) => longest.includes(bar));
}

/** Letters, digits and the few signs that no version of Mermaid gives a meaning. */
function barName(row: StepRow): string {
  const number = row.number === undefined ? '' : `${row.number} `;
  const words = singleLine(row.title.replace(/[^\p{L}\p{N} ._/=+-]/gu, ' '), 60).replace('…', '');
  const name = (number + words).trim() || 'step';
  return ownWords.test(name) ? `step ${name}` : name;
}

/** A date without daylight-saving change, read in the viewer's own time zone, so that the axis starts at 0. */
function clock(milliseconds: number): string {
  const date = new Date(Date.UTC(2000, 0, 1) + Math.round(milliseconds));
  return date.toISOString().replace('T', ' ').replace('Z', '');
}

/** A calendar date and time of day in some zone. */
interface Moment {
  /** Milliseconds since the epoch. */
  readonly epochMs: number;
  /** The zone's wall clock as a date in UTC. */
  readonly wall: Date;
  readonly offsetMinutes: number;
}

const dayMs = 86_400_000;

const pad = (value: number, width = 2) => String(value).padStart(width, '0');
const year = ({ wall }: Moment) => wall.getUTCFullYear();
const name = (at: Moment, part: 'month' | 'weekday') =>
  at.wall.toLocaleString('en-US', { [part]: 'long', timeZone: 'UTC' });
const month = (at: Moment) => name(at, 'month');
const weekday = (at: Moment) => name(at, 'weekday');
const hour = ({ wall }: Moment) => wall.getUTCHours();
const hour12 = (at: Moment) => hour(at) % 12 || 12;
const dayOfYear = ({ wall }: Moment) =>
  Math.floor((wall.getTime() - Date.UTC(wall.getUTCFullYear(), 0, 1)) / dayMs) + 1;

/**
 * Tokens of the format, as the library moment names them. The library dayjs lacks `E`, `GG`, `DDD`, `DDDD`, `S` and
 * `SS`, and is an hour off in other zones where the machine's own zone skips an hour.
 */
const tokens: Readonly<Record<string, (at: Moment) => string>> = {
  YYYY: (at) => pad(year(at), 4),
  YY: (at) => pad(year(at) % 100),
  GGGG: (at) => pad(isoWeek(at).year, 4),
  GG: (at) => pad(isoWeek(at).year % 100),
  Q: ({ wall }) => String(Math.floor(wall.getUTCMonth() / 3) + 1),
  MMMM: month,
  MMM: (at) => month(at).slice(0, 3),
  MM: ({ wall }) => pad(wall.getUTCMonth() + 1),
  M: ({ wall }) => String(wall.getUTCMonth() + 1),
  DDDD: (at) => pad(dayOfYear(at), 3),
  DDD: (at) => String(dayOfYear(at)),
  DD: ({ wall }) => pad(wall.getUTCDate()),
  D: ({ wall }) => String(wall.getUTCDate()),
  dddd: weekday,
  ddd: (at) => weekday(at).slice(0, 3),
  dd: (at) => weekday(at).slice(0, 2),
  d: ({ wall }) => String(wall.getUTCDay()),
  E: ({ wall }) => String(wall.getUTCDay() || 7),
  WW: (at) => pad(isoWeek(at).week),
  W: (at) => String(isoWeek(at).week),
  HH: (at) => pad(hour(at)),
  H: (at) => String(hour(at)),
  hh: (at) => pad(hour12(at)),
  h: (at) => String(hour12(at)),
  kk: (at) => pad(hour(at) || 24),
  k: (at) => String(hour(at) || 24),
  mm: ({ wall }) => pad(wall.getUTCMinutes()),
  m: ({ wall }) => String(wall.getUTCMinutes()),
  ss: ({ wall }) => pad(wall.getUTCSeconds()),
  s: ({ wall }) => String(wall.getUTCSeconds()),
  SSS: ({ wall }) => pad(wall.getUTCMilliseconds(), 3),
  SS: ({ wall }) => pad(Math.floor(wall.getUTCMilliseconds() / 10)),
  S: ({ wall }) => String(Math.floor(wall.getUTCMilliseconds() / 100)),
  A: (at) => (hour(at) < 12 ? 'AM' : 'PM'),
  a: (at) => (hour(at) < 12 ? 'am' : 'pm'),
  ZZ: (at) => offset(at, ''),
  Z: (at) => offset(at, ':'),
  X: ({ epochMs }) => String(Math.floor(epochMs / 1000)),
  x: ({ epochMs }) => String(epochMs),
};

/** The tokens that a format may hold. */
export const dateTokens: readonly string[] = Object.keys(tokens);

/** Tokens of moment that are not supported: first those that begin like a token above, then the others. */
const unknownLonger = '[MDdQWwEe]o|YYYYY+|GGGGG|SSSS+|LTS?';
const unknownOther = 'Y|y+|gg+|L+|l+|N+|w+|z+|e';

/** `[text]`, then tokens, then any other character, which is text. */
const scanner = new RegExp(
  `\\[([^\\[\\]]*)\\]|(?:${unknownLonger})|(${dateTokens.join('|')})|(?:${unknownOther})|([^])`,
  'gu',
);

/** A part of a format: a token, text, or a token that is not supported. */
type FormatPart = { readonly token: string } | { readonly text: string } | { readonly unknown: string };

function partsOf(format: string): FormatPart[] {
  return [...format.matchAll(scanner)].map(([whole, escaped, token, text]) => {
    if (token !== undefined) return { token };
    const literal = escaped ?? text;
    return literal === undefined ? { unknown: whole } : { text: literal };
  });
}

/** What is wrong with a date's format, if anything: it is empty, or holds a token that is not supported. */
export function formatMistake(format: string): string | undefined {
  if (format === '') return 'the format is empty, expected one such as YYYYMMDD.';
  const unknown = partsOf(format).find((part) => 'unknown' in part);
  if (!unknown) return undefined;
  return `${unknown.unknown} in the format is not supported, expected YYYY, MM, DD, HH, mm, ss or another token of docs/tags.md; text goes into [ ].`;
}

/** Whether this is the name of a time zone, such as `Europe/Berlin`. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Formats a date in a time zone. The format must be one without a {@link formatMistake}. */
export function formatDate(date: Date, format: string, zone: string): string {
  const at = momentIn(date, zone);
  return partsOf(format)
    .map((part) => ('token' in part ? (tokens[part.token]?.(at) ?? '') : 'text' in part ? part.text : ''))
    .join('');
}

function momentIn(date: Date, zone: string): Moment {
  const epochMs = date.getTime();
  const names = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const fields = new Map(formatter.formatToParts(date).map(({ type, value }) => [type, Number(value)]));
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0, s = 0] = names.map((name) => fields.get(name));
  const milliseconds = ((epochMs % 1000) + 1000) % 1000;
  const wall = new Date(Date.UTC(y, mo - 1, d, h, mi, s, milliseconds));
  return { epochMs, wall, offsetMinutes: Math.round((wall.getTime() - epochMs) / 60_000) };
}

/** The week of ISO 8601, which belongs to the year of its Thursday. */
function isoWeek({ wall }: Moment): { year: number; week: number } {
  const midnight = Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate());
  const thursday = new Date(midnight + (4 - (wall.getUTCDay() || 7)) * dayMs);
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return {
    year: thursday.getUTCFullYear(),
    week: Math.floor((thursday.getTime() - start) / dayMs / 7) + 1,
  };
}

function offset({ offsetMinutes }: Moment, separator: string): string {
  const minutes = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${separator}${pad(minutes % 60)}`;
}

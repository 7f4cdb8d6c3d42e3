import { nearest } from '../nearest.ts';
import { formatDate, formatMistake, isTimeZone } from './date-format.ts';

/** Expressions that every attribute with free text supports. */
export const eventExpressions = [
  'branch',
  'tag',
  'sha',
  'base_ref',
  'head_ref',
  'is_default_branch',
  'is_not_default_branch',
] as const;
/** Further expressions in the `pattern` of `type=semver`. */
export const versionExpressions = [
  'version',
  'major',
  'minor',
  'patch',
  'raw',
  'prerelease',
  'build',
] as const;
const dateExpressions = ['date', 'commit_date'] as const;

export type EventExpression = (typeof eventExpressions)[number];
export type VersionExpression = (typeof versionExpressions)[number];
type DateExpression = (typeof dateExpressions)[number];
type Expression = EventExpression | VersionExpression | DateExpression;

/** A text with expressions, parsed. */
export type TextTemplate = readonly (string | Value | DateValue)[];
interface Value {
  readonly name: EventExpression | VersionExpression;
}

interface DateValue {
  readonly date: DateExpression;
  readonly format: string;
  readonly zone: string;
}

/** The values of expressions. A missing name has no value in this run. */
export interface Values {
  readonly texts: Readonly<Partial<Record<EventExpression | VersionExpression, string>>>;
  readonly dates: Readonly<Partial<Record<DateExpression, Date>>>;
}

/** A text with its expressions replaced. */
export interface Rendered {
  readonly text: string;
  /** Expressions without a value, which became empty. */
  readonly empty: readonly string[];
  /** Set when a date is missing, so that the text is not what was meant. */
  readonly unknownDate: boolean;
}

/**
 * Parses a text with `{{expressions}}` (`{{{…}}}` is the same). Nothing is escaped.
 *
 * @param where - `version` in the pattern of a version, which supports more expressions
 * @param report - takes each mistake, in words that follow the line's name
 */
export function parseTemplate(
  text: string,
  where: 'version' | 'event',
  report: (mistake: string) => void,
): TextTemplate {
  const template: (string | Value | DateValue)[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{(?:\{\s*(.*?)\s*\}|\s*(.*?)\s*)\}\}/g)) {
    template.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const expression = parseExpression(match[1] ?? match[2] ?? '', where, report);
    if (expression) template.push(expression);
  }
  const rest = text.slice(end);
  if (rest.includes('{{')) report(`found ${JSON.stringify(rest)}, in which {{ has no }} after it.`);
  template.push(rest);
  return template.filter((part) => part !== '');
}

/** Replaces the expressions with their values. */
export function render(template: TextTemplate, values: Values): Rendered {
  const empty: string[] = [];
  let unknownDate = false;
  const texts = template.map((part) => {
    if (typeof part === 'string') return part;
    if ('date' in part) {
      const date = values.dates[part.date];
      unknownDate ||= date === undefined;
      return date ? formatDate(date, part.format, part.zone) : '';
    }
    const text = values.texts[part.name] ?? '';
    if (text === '') empty.push(`{{${part.name}}}`);
    return text;
  });
  return { text: texts.join(''), empty, unknownDate };
}

/** Whether one of the texts has one of these expressions. */
export function mentions(templates: readonly TextTemplate[], wanted: readonly Expression[]): boolean {
  return templates
    .flat()
    .some((part) => typeof part === 'object' && wanted.includes('date' in part ? part.date : part.name));
}

/** A text without its expressions. */
export function literals(template: TextTemplate): string {
  return template.filter((part) => typeof part === 'string').join('');
}

function parseExpression(
  source: string,
  where: 'version' | 'event',
  report: (mistake: string) => void,
): Value | DateValue | undefined {
  const [name = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(source)?.slice(1) ?? [];
  const date = dateExpressions.find((candidate) => candidate === name);
  if (date) return parseDate(date, rest, report);
  const version = versionExpressions.find((candidate) => candidate === name);
  const expression = eventExpressions.find((candidate) => candidate === name) ?? version;
  if (!expression) {
    const names = [...eventExpressions, ...dateExpressions, ...versionExpressions];
    const near = nearest(name, names);
    report(
      `there is no expression {{${name}}}${near ? `; did you mean {{${near}}}?` : `, expected one of ${names.map((one) => `{{${one}}}`).join(', ')}.`}`,
    );
    return undefined;
  }
  if (version && where === 'event') {
    report(
      `{{${name}}} works only in the pattern of type=semver; write type=semver,pattern={{${name}}} for it.`,
    );
    return undefined;
  }
  if (rest !== '') report(`{{${source}}} has more than a name; write {{${name}}} alone.`);
  return { name: expression };
}

function parseDate(
  date: DateExpression,
  source: string,
  report: (mistake: string) => void,
): DateValue | undefined {
  const example = `{{${date} 'YYYYMMDD' tz='Europe/Berlin'}}`;
  let format: string | undefined;
  let zone = 'UTC';
  for (let rest = source; rest !== ''; ) {
    const match = /^(?:([\w-]+)\s*=\s*)?(?:'([^']*)'|"([^"]*)")\s*/.exec(rest);
    if (!match) {
      report(`found ${JSON.stringify(rest)}, expected texts in quotes, as in ${example}.`);
      return undefined;
    }
    const [whole, key, single, double] = match;
    const value = single ?? double ?? '';
    if (key !== undefined && key !== 'tz') {
      report(`{{${date}}} has no setting ${key}, only tz, as in ${example}.`);
      return undefined;
    }
    if (key === 'tz') zone = value;
    else if (format === undefined) format = value;
    else {
      report(`found a second format ${JSON.stringify(value)}, expected one, as in ${example}.`);
      return undefined;
    }
    rest = rest.slice(whole.length);
  }
  const mistake =
    format === undefined ? `has no format, expected one in quotes, as in ${example}.` : formatMistake(format);
  if (mistake !== undefined) report(`{{${date}}}: ${mistake}`);
  else if (!isTimeZone(zone)) {
    report(
      `there is no time zone ${JSON.stringify(zone)}, expected a name of the tz database such as Europe/Berlin.`,
    );
  } else if (format !== undefined) return { date, format, zone };
  return undefined;
}

import { nearest } from '../nearest.ts';
import { quote } from '../problem.ts';
import { parseTemplate } from './expression.ts';
import { type Report, type RuleKind, type RuleType, refEvents } from './rule.ts';

/** The attributes that are a type's own; `undefined` when one that it cannot do without is missing or wrong. */
export function parseKind(
  type: RuleType,
  values: ReadonlyMap<string, string>,
  report: Report,
): RuleKind | undefined {
  const template = (name: string, where: 'version' | 'event' = 'event') =>
    parseTemplate(values.get(name) ?? '', where, report);
  const required = (name: string, example: string) => {
    const value = values.get(name);
    if (!value) report(`type=${type} needs ${name}, as in type=${type},${name}=${example}.`);
    return value || undefined;
  };
  switch (type) {
    case 'schedule':
      return { type, pattern: parseTemplate(values.get('pattern') || 'nightly', 'event', report) };
    case 'semver': {
      const match = values.get('match') ? expression('match', values.get('match') ?? '', report) : undefined;
      if (!required('pattern', '{{version}}')) return undefined;
      return {
        type,
        pattern: template('pattern', 'version'),
        value: template('value'),
        ...(match && { match }),
      };
    }
    case 'match': {
      const written = required('pattern', 'v(.*)');
      const pattern = written && expression('pattern', written, report);
      const group = values.get('group') ?? '0';
      if (!/^\d{1,3}$/.test(group)) {
        report(`group: found ${quote(group)}, expected the number of a group; 0 is all that matched.`);
      }
      return pattern ? { type, pattern, group: Number(group), value: template('value') } : undefined;
    }
    case 'edge': {
      const branch = values.get('branch');
      return { type, ...(branch && { branch }) };
    }
    case 'ref': {
      const event = oneOf('event', required('event', 'branch'), refEvents, report);
      return event && { type, event };
    }
    case 'raw':
      if (values.has('value')) return { type, value: template('value') };
      report('there is no value, expected one, as in type=raw,value=stable.');
      return undefined;
    case 'sha': {
      const format = oneOf('format', values.get('format') ?? 'short', ['short', 'long'] as const, report);
      return format && { type, format };
    }
  }
}

function oneOf<const Word extends string>(
  name: string,
  value: string | undefined,
  words: readonly Word[],
  report: Report,
): Word | undefined {
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  const near = word ? undefined : nearest(value, words);
  if (!word) {
    report(
      `${name}: found ${quote(value)}, ${near ? `did you mean ${near}?` : `expected one of ${words.join(', ')}.`}`,
    );
  }
  return word;
}

/** A regular expression as JavaScript has it, or between slashes with its flags. */
function expression(name: string, written: string, report: Report): RegExp | undefined {
  const [, source = written, flags = ''] = /^\/(.+)\/(.*)$/s.exec(written) ?? [];
  try {
    // Only the first match counts, from the start of the text.
    return new RegExp(source, flags.replace(/[gy]/g, ''));
  } catch (error) {
    report(`${name}: ${error instanceof Error ? error.message : String(error)}.`);
    return undefined;
  }
}

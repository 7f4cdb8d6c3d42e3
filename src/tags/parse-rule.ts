import { nearest } from '../nearest.ts';
import { quote } from '../problem.ts';
import { parseTemplate } from './expression.ts';
import type { Field } from './parse-fields.ts';
import { commonAttributes, type Report, type RuleKind, type RuleType, refEvents, ruleTypes } from './rule.ts';

/** Reads the attributes of a type; `undefined` when a required one is missing or wrong. */
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
        report(`group: found ${quote(group)}, expected the number of a group; 0 is the whole match.`);
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

/** Reads a JavaScript regular expression: its text, or the text between slashes with flags. */
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

const typeNames = Object.keys(ruleTypes) as RuleType[];
/** The attributes of all types, for messages that name the type of an attribute. */
const attributeNames = [
  ...new Set(['type', ...commonAttributes, ...typeNames.flatMap((type) => ruleTypes[type].attributes)]),
];

/** The type that a line names, `raw` by default, and its other attributes by name, not parsed yet. */
export function readAttributes(
  fields: readonly Field[],
  report: Report,
): { readonly type: RuleType; readonly values: ReadonlyMap<string, string> } | undefined {
  const written = fields.find(({ key }) => key === 'type')?.value ?? 'raw';
  const type = typeNames.find((name) => name === written);
  if (!type) {
    report(unknownType(written));
    return undefined;
  }
  const values = new Map<string, string>();
  const allowed = ['type', ...commonAttributes, ...ruleTypes[type].attributes];
  for (const { key: named, value } of fields) {
    const key = named ?? 'value';
    if (named === undefined && type !== 'raw') {
      report(
        `found ${quote(value)} without a name, expected key=value. A value that holds a comma goes into double quotes, as in ${quote('pattern=\\d{1,3}').replaceAll('\\\\', '\\')}; another tag goes on another line.`,
      );
    } else if (!allowed.includes(key)) {
      report(unknownAttribute(key, type));
    } else if (values.has(key)) {
      report(`${key} is given twice. A line holds one rule; put the next one on another line.`);
    } else values.set(key, value);
  }
  return { type, values };
}

function unknownType(written: string): string {
  if (written === 'pep440') {
    return 'type=pep440 is not supported. Use type=semver for versions such as 1.2.3, or type=match with a pattern for others.';
  }
  const near = nearest(written, typeNames);
  const expected = near ? `did you mean ${near}?` : `expected one of ${typeNames.join(', ')}.`;
  return `there is no type ${quote(written)}; ${expected}`;
}

function unknownAttribute(key: string, type: RuleType): string {
  const allowed = ['type', ...commonAttributes, ...ruleTypes[type].attributes];
  const owners = typeNames.filter((name) => ruleTypes[name].attributes.includes(key));
  const has = `type=${type} has ${allowed.filter((name) => name !== 'type').join(', ')}`;
  if (owners.length > 0) return `${key} belongs to type=${owners.join(', type=')}; ${has}.`;
  if (key === 'flavor')
    return 'flavor is not supported. Write prefix and suffix into the rules, and latest=false to turn latest off.';
  const near = nearest(key, attributeNames);
  return `there is no attribute ${quote(key)}${near ? `; did you mean ${near}?` : `; ${has}.`}`;
}

export function readPriority(written: string | undefined, type: RuleType, report: Report): number {
  if (written === undefined) return ruleTypes[type].priority;
  if (!/^[+-]?\d{1,9}$/.test(written)) {
    report(`priority: found ${quote(written)}, expected a whole number; higher ones go first.`);
  }
  return Number(written);
}

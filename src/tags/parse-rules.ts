import { tagMistake } from '../api/names.ts';
import { type Problem, quote } from '../problem.ts';
import { parseTemplate } from './expression.ts';
import { type Field, readFields } from './parse-fields.ts';
import { parseKind, readAttributes, readPriority } from './parse-rule.ts';
import { type Report, ruleTypes, type TagRule, usualPrefix } from './rule.ts';

/** The input `tags`, parsed. */
export interface ParsedRules {
  /** In the order in which they are applied. */
  readonly rules: readonly TagRule[];
  /** Whether the highest version also gets `latest`. A line `latest=false` turns it off. */
  readonly latest: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Parses the input's text. Each line is a rule (`type=…,…`), plain tags separated by commas, or a comment that starts
 * with `#`. It never throws: every mistake is a problem that names its line.
 */
export function parseRules(text: string): ParsedRules {
  const problems: Problem[] = [];
  const rules: TagRule[] = [];
  let latestOffAt: number | undefined;
  for (const [index, written] of text.split(/\r\n|\n|\r/).entries()) {
    const line = index + 1;
    const source = written.trim();
    if (source === '' || source.startsWith('#')) continue;
    const report: Report = (mistake) => {
      problems.push({ title: 'Input tags', message: `line ${line}: ${mistake}` });
    };
    const fields = readFields(source);
    if ('mistake' in fields) report(fields.mistake);
    else if (fields.some(({ key }) => key === 'latest')) {
      if (readLatest(fields, report)) latestOffAt = line;
    } else rules.push(...readLine(fields, { line, source }, report));
  }
  if (latestOffAt !== undefined && rules.length === 0 && problems.length === 0) {
    const message = `line ${latestOffAt}: latest=false is the only line. Add the rules whose latest it turns off; without rules the event decides.`;
    problems.push({ title: 'Input tags', message });
  }
  // Stable, so that rules of one priority keep their order.
  rules.sort((one, other) => other.priority - one.priority);
  return { rules, latest: latestOffAt === undefined, problems };
}

function readLine(
  fields: readonly Field[],
  place: { readonly line: number; readonly source: string },
  report: Report,
): TagRule[] {
  if (fields.some(({ key }) => key !== undefined)) {
    const rule = readRule(fields, place, report);
    return rule ? [rule] : [];
  }
  return fields.flatMap(({ value }) => {
    if (value.includes('{{')) {
      const rule = readRule([{ value }], { ...place, source: value }, report);
      return rule ? [rule] : [];
    }
    const mistake = tagMistake(value);
    if (mistake) report(`${mistake} To have it converted, write type=raw,value=${value}.`);
    const { priority } = ruleTypes.raw;
    const common = { priority, enable: ['true'], prefix: [], suffix: [], affixed: false };
    return mistake
      ? []
      : [{ ...common, type: 'plain' as const, tag: value, line: place.line, source: value }];
  });
}

function readRule(
  fields: readonly Field[],
  place: { readonly line: number; readonly source: string },
  report: Report,
): TagRule | undefined {
  let faulty = false;
  const note: Report = (mistake) => {
    faulty = true;
    report(mistake);
  };
  const attributes = readAttributes(fields, note);
  if (!attributes || faulty) return undefined;
  const { type, values } = attributes;
  const kind = parseKind(type, values, note);
  const text = (name: string, otherwise: string) =>
    parseTemplate(values.get(name) ?? otherwise, 'event', note);
  const enable = text('enable', 'true');
  const suffix = text('suffix', '');
  const prefix = text('prefix', kind ? usualPrefix(kind) : '');
  const priority = readPriority(values.get('priority'), type, note);
  if (!kind || faulty) return undefined;
  const affixed = values.has('prefix') || values.has('suffix');
  return { ...place, ...kind, priority, enable, prefix, suffix, affixed };
}

/** Reads the line `latest=false`, which other tools have in `flavor`. */
function readLatest(fields: readonly Field[], report: Report): boolean {
  const [only, ...others] = fields;
  if (others.length > 0) {
    report('latest=false must be alone on its line.');
    return false;
  }
  if (only?.value === 'false') return true;
  if (only?.value !== 'auto') {
    report(
      `latest: found ${quote(only?.value ?? '')}, expected false or auto; to give the tag in any case, write latest alone on a line.`,
    );
  }
  return false;
}

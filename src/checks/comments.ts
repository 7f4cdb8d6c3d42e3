import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Definition } from '../definition/definition.ts';
import { nearest } from '../nearest.ts';
import { quote, type SourceLocation } from '../problem.ts';
import { isRule, type RuleId, ruleIds } from '../recipe/rules.ts';
import { type Finding, finding } from './finding.ts';

/** The comments of a recipe that silence checks. */
export interface Comments {
  /** Whether a comment silences a check for what begins at this place. */
  readonly silence: (rule: RuleId, at: SourceLocation) => boolean;
  /** What is wrong with these comments. */
  readonly findings: readonly Finding[];
}

/** The same of one file. */
export interface FileComments {
  readonly silence: (rule: RuleId, line: number) => boolean;
  readonly findings: readonly Finding[];
}

/** `// novita-check: ignore a, b`; also after `#`, and within a comment of several lines. */
const directive = /(?:\/\/|#|\/\*|^\s*\*)\s*novita-check:(.*)$/;
const onlyComment = /^\s*(?:\/\/|#|\/\*|\*)/;

/**
 * Reads the comments of a text. A comment counts for its own line, and where it stands alone, for the line below. What
 * begins at a line goes on up to the next beginning or an empty line: a formatter that breaks a long call into lines moves
 * its comment to the last one.
 *
 * @param beginnings - lines where instructions begin
 */
export function readComments(text: string, file: string, beginnings: ReadonlySet<number>): FileComments {
  const lines = text.split(/\r\n|\r|\n/);
  const ignored = new Map<number, ReadonlySet<string>>();
  const findings: Finding[] = [];
  for (const [index, line] of lines.entries()) {
    const rest = directive.exec(line)?.[1];
    if (rest === undefined) continue;
    const names = /^\s*ignore\s+([\w-]+(?:\s*,\s*[\w-]+)*)/.exec(rest)?.[1]?.split(/\s*,\s*/) ?? [];
    ignored.set(index + 1, new Set(names));
    const at = { file, line: index + 1 };
    const wrong = names.filter((name) => !isRule(name));
    if (names.length === 0) findings.push(finding('unknown-check', formOf(rest), at));
    findings.push(...wrong.map((name) => finding('unknown-check', unknown(name), at)));
  }
  const isComment = (line: number) => onlyComment.test(lines[line - 1] ?? '');
  const counts = (rule: RuleId, line: number): boolean => {
    if (ignored.get(line)?.has(rule)) return true;
    for (let above = line - 1; isComment(above); above -= 1) if (ignored.get(above)?.has(rule)) return true;
    return false;
  };
  return {
    findings,
    silence: (rule, line) => {
      if (ignored.size === 0) return false;
      if (counts(rule, line)) return true;
      for (let next = line + 1; !beginnings.has(next) && (lines[next - 1] ?? '').trim() !== ''; next += 1)
        // A comment that stands alone belongs to what is below it.
        if (!isComment(next) && counts(rule, next)) return true;
      return false;
    },
  };
}

function unknown(name: string): string {
  const meant = nearest(name, ruleIds);
  const advice = meant === undefined ? `The checks are ${ruleIds.join(', ')}.` : `Did you mean ${meant}?`;
  return `This comment silences ${quote(name)}, and there is no check of that name. ${advice}`;
}

function formOf(rest: string): string {
  return `This comment silences nothing: found ${quote(`novita-check:${rest.trimEnd()}`)}, expected the names of checks, such as novita-check: ignore apt-update, moving-base.`;
}

/** A larger file was not written by a person. */
const byteLimit = 1_000_000;

/** The comments in all files of a definition; none in a file that cannot be read. */
export async function commentsOf({
  steps,
  sources,
  file,
  warnings,
}: Pick<Definition, 'steps' | 'sources' | 'file' | 'warnings'>): Promise<Comments> {
  const beginnings = [...steps.map(({ source }) => source), ...Object.values(sources)];
  const places = [...beginnings, { file }, ...warnings.map(({ at }) => at)];
  const names = new Set(places.flatMap((at) => (at ? [at.file] : [])));
  const read = async (name: string) => {
    const own = beginnings.flatMap((at) => (at?.file === name ? [at.line] : []));
    return [name, readComments((await textOf(name)) ?? '', name, new Set(own))] as const;
  };
  const files = new Map(await Promise.all([...names].map(read)));
  return {
    silence: (rule, at) => files.get(at.file)?.silence(rule, at.line) ?? false,
    findings: [...files.values()].flatMap(({ findings }) => findings),
  };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    // The recipe's process names the file, and opening a pipe must not wait for a writer.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await handle.stat();
      return found.isFile() && found.size <= byteLimit ? await handle.readFile('utf8') : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

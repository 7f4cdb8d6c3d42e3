import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { nearest } from '../nearest.ts';
import { quote, type SourceLocation } from '../problem.ts';
import { isRule, type RuleId, ruleIds } from '../recipe/rules.ts';
import { type Finding, finding } from './finding.ts';

/** The comments of one file that silence checks. */
export interface FileComments {
  /** Whether a comment silences a check for what stands at this line: a comment there, or right above it. */
  readonly silence: (rule: RuleId, line: number) => boolean;
  /** What is wrong with these comments. */
  readonly findings: readonly Finding[];
}

/** `// novita-check: ignore a, b`; also after `#`, and within a comment of several lines. */
const directive = /(?:\/\/|#|\/\*|^\s*\*)\s*novita-check:(.*)$/;
const onlyComment = /^\s*(?:\/\/|#|\/\*|\*)/;

/** Reads the comments of a text. A comment counts for its own line, and where it stands alone, for the line below. */
export function readComments(text: string, file: string): FileComments {
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
  return {
    findings,
    silence: (rule, line) => {
      if (ignored.size === 0) return false;
      if (ignored.get(line)?.has(rule)) return true;
      for (let above = line - 1; onlyComment.test(lines[above - 1] ?? ''); above -= 1)
        if (ignored.get(above)?.has(rule)) return true;
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

/** The comments of a file; none where it cannot be read. */
export async function commentsOf(file: string): Promise<FileComments> {
  return readComments((await textOf(file)) ?? '', file);
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

/** The files that places are in, each once. */
export function filesOf(places: readonly (SourceLocation | undefined)[]): string[] {
  return [...new Set(places.flatMap((at) => (at ? [at.file] : [])))];
}

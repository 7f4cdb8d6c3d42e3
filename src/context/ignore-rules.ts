import { readFile } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import type { Ignore } from 'ignore';
import ignore from 'ignore';
import { decodeText } from '../decode-text.ts';
import { type Problem, throwIfAny } from '../problem.ts';
import { expandBraces, fromDockerPattern, mayMatchBelow, patternFault } from './path-pattern.ts';

/** One rule that excludes files, or with `reinclude` includes them again. */
export interface IgnoreRule {
  /** The pattern as it was written. */
  readonly pattern: string;
  /** Its place in words for a message: `line 3 of .dockerignore`. */
  readonly origin: string;
  readonly reinclude: boolean;
}

/** The rules of one context directory. Paths are relative to it, with forward slashes. */
export interface IgnoreRules {
  readonly rules: readonly IgnoreRule[];
  /** The rule that excludes this path or a directory above it; `undefined` when it is sent. */
  excludedBy(path: string): IgnoreRule | undefined;
  /** Whether a `!` rule could include something below an excluded directory. */
  mayReincludeBelow(directory: string): boolean;
}

/** Adjacent rules of the same kind in one matcher, since the last match only decides between kinds. */
interface Group {
  readonly reinclude: boolean;
  readonly matcher: Ignore;
}

/**
 * Reads `.dockerignore` of the context directory, if there is one, and puts its rules after the definition's
 * `fileIgnorePatterns`, as the SDK does. The last rule that matches decides.
 *
 * @param ignoreFile - absolute path of a file that counts in place of `.dockerignore`
 * @throws ProblemsError that names each pattern that Docker would refuse, or a `.dockerignore` that cannot be read or has
 *   an unknown encoding
 */
export async function loadIgnoreRules(
  contextDirectory: string,
  fileIgnorePatterns: readonly string[],
  ignoreFile?: string,
): Promise<IgnoreRules> {
  const file = ignoreFile ?? join(contextDirectory, '.dockerignore');
  const name = basename(file);
  let content: Buffer = Buffer.alloc(0);
  try {
    content = await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // ENOTDIR: the context directory is not a directory, which `listFiles` reports.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throwIfAny([
        {
          title: `Unreadable ${name}`,
          message: `${file} cannot be read (${code}). Nothing is sent, because it may name secrets.`,
          at: { file, line: 1 },
        },
      ]);
    }
  }
  const decoded = decodeText(content);
  if (!decoded.ok) {
    const { reason, line } = decoded;
    const message = `${file}: ${reason}. Nothing is sent, because a misread pattern could send a secret. Save the file as UTF-8.`;
    throwIfAny([{ title: `Encoding of ${name}`, message, at: { file, line } }]);
  }
  return compileIgnoreRules({
    contextDirectory,
    fileIgnorePatterns,
    dockerignore: decoded.ok ? decoded.value : '',
    ignoreFile: file,
  });
}

/**
 * Parses rules as Docker documents them (https://docs.docker.com/build/concepts/context/#dockerignore-files). A pattern
 * is anchored at the context directory, so `*.log` matches only there and needs a `**` segment in front to match
 * everywhere. A matched directory excludes everything below it. `!` includes again, even below an excluded directory.
 *
 * `fileIgnorePatterns` follow the same rules and may hold braces, since the SDK calls them globs. An absolute one counts
 * when it is in the context directory. A backslash escapes on every system.
 *
 * @throws ProblemsError that names each pattern that Docker would refuse
 */
export function compileIgnoreRules(from: {
  readonly contextDirectory: string;
  readonly fileIgnorePatterns: readonly string[];
  readonly dockerignore: string;
  /** Where the text is from. Else it is that of `.dockerignore`. */
  readonly ignoreFile?: string;
}): IgnoreRules {
  const ignoreFile = from.ignoreFile ?? join(from.contextDirectory, '.dockerignore');
  const problems: Problem[] = [];
  const rules: IgnoreRule[] = [];
  const groups: Group[] = [];
  const reincludes: string[] = [];

  const add = (
    written: string,
    alternatives: readonly string[] | undefined,
    origin: string,
    line?: number,
  ) => {
    const report = (fault: string) => {
      const message = `The pattern "${written}" in ${origin} is not valid: ${fault}.`;
      problems.push(
        line
          ? {
              title: 'Invalid ignore pattern',
              message,
              at: { file: ignoreFile, line },
            }
          : { title: 'Invalid ignore pattern', message },
      );
    };
    if (!alternatives) return report('its braces hold a range or too many alternatives; write them out');
    const reinclude = written.startsWith('!');
    if (written === '!') return report('"!" must be followed by the pattern to include again');
    const mark = String(rules.push({ pattern: written, origin, reinclude }) - 1);
    for (const alternative of alternatives) {
      const fault = patternFault(alternative);
      if (fault) return report(fault);
      const cleaned = clean(alternative);
      if (cleaned === undefined) continue;
      const anchored = fromDockerPattern(cleaned);
      if (!anchored)
        return report(
          'it holds more than three "**" that touch other text; give each "**" a separate path segment',
        );
      let group = groups.at(-1);
      if (!group || group.reinclude !== reinclude) {
        group = { reinclude, matcher: ignore({ ignorecase: false, allowRelativePaths: true }) };
        groups.push(group);
      }
      group.matcher.add(anchored.map((pattern) => ({ pattern, mark })));
      if (reinclude) reincludes.push(...anchored);
    }
  };

  for (const written of from.fileIgnorePatterns) {
    const pattern = written.trim();
    if (pattern === '') continue;
    const bare = relativeTo(from.contextDirectory, pattern.replace(/^!\s*/, ''));
    add(pattern, expandBraces(bare), "the definition's fileIgnorePatterns");
  }
  for (const [index, line] of from.dockerignore
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const pattern = line.trim();
    // Only a "#" in the first column starts a comment.
    if (pattern === '' || line.startsWith('#')) continue;
    add(pattern, [pattern.replace(/^!\s*/, '')], `line ${index + 1} of ${basename(ignoreFile)}`, index + 1);
  }
  throwIfAny(problems);

  return {
    rules,
    excludedBy(path) {
      let excluding: IgnoreRule | undefined;
      for (const { reinclude, matcher } of groups) {
        const hit = matcher.test(path).rule;
        if (hit) excluding = reinclude ? undefined : rules[Number(hit.mark)];
      }
      return excluding;
    },
    mayReincludeBelow: (directory) => reincludes.some((pattern) => mayMatchBelow(pattern, directory)),
  };
}

/** `./a//b/` → `a/b`. `undefined` for the context directory itself or a path above it, which cannot match. */
function clean(pattern: string): string | undefined {
  const cleaned = posix.normalize(pattern).replace(/^\/|(?<=[^\\])\/$/g, '');
  return cleaned === '' || cleaned === '.' || cleaned === '/' || /^\.\.(\/|$)/.test(cleaned)
    ? undefined
    : cleaned;
}

function relativeTo(contextDirectory: string, pattern: string): string {
  const root = contextDirectory.replaceAll('\\', '/').replace(/\/?$/, '/');
  return pattern.startsWith(root) ? pattern.slice(root.length) : pattern;
}

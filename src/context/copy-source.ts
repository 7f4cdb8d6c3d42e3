import { posix } from 'node:path';
import ignore from 'ignore';
import type { ContextSetting } from './context-setting.ts';
import { expandBraces, isLiteral, mayMatchBelow, patternFault, unescapePattern } from './path-pattern.ts';

/** A parsed COPY source. Paths are relative to the context directory, with forward slashes. */
export interface CopySource {
  /** Where the search begins: the source itself, or the literal directories of a glob. `''` for all. */
  readonly start: string;
  /** Whether the source is a path and not a pattern. */
  readonly literal: boolean;
  /** Whether it ends in a slash and so matches directories only. */
  readonly directoriesOnly: boolean;
  /** Whether the source matches the path or a directory above it. */
  takes(path: string, isDirectory: boolean): boolean;
  /** Whether the source could match something inside the directory. */
  mayTakeBelow(directory: string): boolean;
}

/**
 * Parses a COPY source as the SDK does: a glob relative to the context directory. `*` also matches names with a leading
 * dot, `**` matches any number of directories, and braces give alternatives. A directory includes everything below it,
 * and `.` is the whole context directory.
 *
 * @param setting - what sets the context directory, for a fault
 * @returns the source, or what is wrong with it as the end of a sentence
 */
export function parseCopySource(
  written: string,
  setting: ContextSetting = 'fileContextPath',
): CopySource | string {
  if (written === '') return 'it is empty; name a file, a directory or "."';
  if (/^(?:\/|\\\\|[A-Za-z]:[\\/])/.test(written)) {
    return 'it is an absolute path; name it relative to the context directory';
  }
  const alternatives = expandBraces(written)?.map((alternative) => posix.normalize(alternative));
  if (!alternatives) return 'its braces hold a range or too many alternatives; write them out';
  if (alternatives.some((alternative) => /^\.\.(?:\/|$)/.test(alternative))) {
    return `it leads out of the context directory; move the file in, or set ${setting} to a directory that holds it`;
  }
  if (/(?<!\\)[?*+@!]\(/.test(written)) {
    return 'patterns such as "+(a|b)" are not supported; use braces, as in "{a,b}"';
  }
  for (const alternative of alternatives) {
    const fault = patternFault(alternative);
    if (fault) return fault;
  }

  const paths = alternatives.map((alternative) => alternative.replace(/\/$/, ''));
  const everything = paths.some((path) => ['', '.', '**'].includes(path));
  const [only] = paths;
  const literal = paths.length === 1 && only !== undefined && only.split('/').every(isLiteral);
  const directoriesOnly = alternatives.every((alternative) => alternative.endsWith('/'));
  const start = everything ? '' : commonStart(paths);
  if (everything || literal) {
    return {
      start,
      literal: true,
      directoriesOnly: false,
      takes: () => true,
      mayTakeBelow: () => true,
      ...(literal && { directoriesOnly }),
    };
  }
  const anchored = alternatives.flatMap((alternative) => {
    // gitignore drops unescaped trailing spaces.
    const pattern = `/${alternative.replace(/ (?= *$)/g, '\\ ')}`;
    // In the SDK `a/**` matches the directory `a` and its content, in gitignore only the content.
    const directory = /^(.+?)(?:\/\*\*)+\/?$/.exec(pattern)?.[1];
    return directory ? [`${directory}/`, `${directory}/**`] : [pattern];
  });
  const matcher = ignore({ ignorecase: false, allowRelativePaths: true });
  matcher.add(anchored.map((pattern) => ({ pattern })));
  return {
    start,
    literal: false,
    directoriesOnly,
    takes: (path, isDirectory) => matcher.ignores(isDirectory ? `${path}/` : path),
    mayTakeBelow: (directory) =>
      anchored.some((pattern) => mayMatchBelow(pattern.replace(/\/$/, ''), directory)),
  };
}

/** A path with its pattern characters escaped. */
export function escapedSource(path: string): string {
  return path.replace(/[\\*?[{]|(?<=[?*+@!])\(/g, '\\$&');
}

/** The leading literal segments that all alternatives share. */
function commonStart(paths: readonly string[]): string {
  const [first = '', ...others] = paths.map((path) => path.split('/'));
  const start: string[] = [];
  for (const [index, segment] of [...first].entries()) {
    if (!isLiteral(segment) || others.some((other) => other[index] !== segment)) break;
    start.push(unescapePattern(segment));
  }
  return start.join('/');
}

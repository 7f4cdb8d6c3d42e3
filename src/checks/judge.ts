import type { DefinitionWarning } from '../definition/definition.ts';
import type { Problem } from '../problem.ts';
import { staysWithOff, titleWithRule } from '../recipe/rules.ts';
import { commentsOf, filesOf } from './comments.ts';

/** How much a finding counts: `error` stops the run before its first request, `off` shows none. */
export type CheckLevel = 'warn' | 'error' | 'off';

/** Findings that count, each as what the level makes of it. */
export interface Judged {
  readonly warnings: readonly DefinitionWarning[];
  readonly problems: readonly Problem[];
}

/**
 * Leaves out what a comment at the line silences, and makes problems of the rest where the level says so. A warning
 * without a check is a fact: no level and no comment changes it.
 *
 * @param wholeFiles - files in which every comment is looked at, for names that no check has
 */
export async function judge(
  found: readonly DefinitionWarning[],
  level: CheckLevel,
  wholeFiles: readonly string[] = [],
): Promise<Judged> {
  const checks = found.filter(({ rule }) => rule !== undefined);
  const files = [...new Set([...wholeFiles, ...filesOf(checks.map(({ at }) => at))])];
  const comments = new Map(
    await Promise.all(files.map(async (file) => [file, await commentsOf(file)] as const)),
  );
  const ofComments = wholeFiles.flatMap((file) => comments.get(file)?.findings ?? []);
  const counting = [...found, ...ofComments].filter(({ rule, at }) => {
    if (rule === undefined) return true;
    if (level === 'off' && !staysWithOff(rule)) return false;
    return !(at && comments.get(at.file)?.silence(rule, at.line));
  });
  if (level !== 'error') return { warnings: counting, problems: [] };
  return {
    warnings: counting.filter(({ rule }) => rule === undefined),
    problems: counting
      .filter(({ rule }) => rule !== undefined)
      .map(({ message, at, ...named }) => ({ title: titleWithRule(named), message, ...(at && { at }) })),
  };
}

import type { DefinitionWarning } from '../definition/definition.ts';
import type { Problem } from '../problem.ts';
import { staysWithOff, titleWithRule } from '../recipe/rules.ts';
import type { Comments } from './comments.ts';

/** How much a finding counts: `error` stops the run before its first request, `off` shows none. */
export type CheckLevel = 'warn' | 'error' | 'off';

/** Findings that count, each as what the level makes of it. */
export interface Judged {
  readonly warnings: readonly DefinitionWarning[];
  readonly problems: readonly Problem[];
}

/**
 * Leaves out what a comment silences, and makes problems of the rest where the level says so. A warning without a check
 * is a fact: no level and no comment changes it.
 */
export function judge(
  found: readonly DefinitionWarning[],
  level: CheckLevel,
  comments: Pick<Comments, 'silence'>,
): Judged {
  const counting = found.filter(({ rule, at }) => {
    if (rule === undefined) return true;
    if (level === 'off' && !staysWithOff(rule)) return false;
    return !(at && comments.silence(rule, at));
  });
  if (level !== 'error') return { warnings: counting, problems: [] };
  return {
    warnings: counting.filter(({ rule }) => rule === undefined),
    problems: counting
      .filter(({ rule }) => rule !== undefined)
      .map(({ message, at, ...named }) => ({ title: titleWithRule(named), message, ...(at && { at }) })),
  };
}

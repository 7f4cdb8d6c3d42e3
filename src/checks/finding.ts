import type { RecipeStep } from '../definition/definition.ts';
import type { SourceLocation } from '../problem.ts';
import { type RuleId, rules } from '../recipe/rules.ts';

/** What a recipe check found. */
export interface Finding {
  readonly rule: RuleId;
  readonly title: string;
  readonly message: string;
  /** Absent for what an input says. */
  readonly at?: SourceLocation;
}

/** A finding under the title of its check. */
export function finding(rule: RuleId, message: string, at: SourceLocation | undefined): Finding {
  return { rule, title: rules[rule].title, message, ...(at && { at }) };
}

/** The command of a step that the recipe itself has; `undefined` for all others. */
export function commandOf({ wire, addedBySdk }: RecipeStep): string | undefined {
  return wire.type.toUpperCase() === 'RUN' && !addedBySdk ? wire.args?.[0] : undefined;
}

/** A few names in a message: `a, b, c and 2 more`. */
export function someOf(names: readonly string[]): string {
  const [shown, more] = [names.slice(0, 3), names.length - 3];
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

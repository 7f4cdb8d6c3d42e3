import type { DefinitionWarning } from '../definition/definition.ts';
import type { ShownPlan } from './plan.ts';
import { secretWarnings } from './secret-names.ts';

/** Everything in a plan that builds, but probably not as meant; the definition's own warnings are apart. */
export function planWarnings(plan: ShownPlan): DefinitionWarning[] {
  return [...(plan.warnings ?? []), ...secretWarnings(plan)];
}

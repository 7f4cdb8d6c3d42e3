import type { DefinitionWarning } from '../definition/definition.ts';
import { type Variable, variablesOf } from '../recipe/instruction.ts';
import { isLiteral, looksSecret } from '../recipe/secret-names.ts';
import type { PartialPlan } from './plan.ts';

/** Everything in a plan that builds, but probably not as meant; the definition's own warnings are apart. */
export function planWarnings(plan: PartialPlan): DefinitionWarning[] {
  return [...(plan.warnings ?? []), ...secretWarnings(plan)];
}

/**
 * A warning for each ENV step that gives a value to names that look secret. Values that are empty, or only name
 * another variable, give nothing away. A value is never part of a warning.
 */
export function secretWarnings(plan: PartialPlan): DefinitionWarning[] {
  return plan.wire.steps.flatMap((step, index) => {
    if (step.type.toUpperCase() !== 'ENV') return [];
    const names = variablesOf(step)
      .filter(isSecret)
      .map(({ name }) => name);
    if (names.length === 0) return [];
    const at = plan.steps[index]?.source;
    const several = names.length > 1;
    return [
      {
        title: `${several ? 'Secrets' : 'A secret'} in the template`,
        message: `${names.join(', ')}: the service prints the ${several ? 'values' : 'value'} in the log of the build, and everyone who can start a sandbox from this template can read ${several ? 'them' : 'it'}. Give secrets to the sandbox when it starts: Sandbox.create(template, { envs }). If ${several ? 'these are' : 'this is'} no secret, nothing is to be done.`,
        ...(at && { at }),
      },
    ];
  });
}

/** The values that ENV steps give to names that look secret. */
export function secretValues({ wire }: Pick<PartialPlan, 'wire'>): string[] {
  return wire.steps
    .flatMap(variablesOf)
    .filter(isSecret)
    .flatMap(({ value }) => value ?? []);
}

function isSecret({ name, value = '' }: Variable): boolean {
  return looksSecret(name) && isLiteral(value);
}

import type { Definition, DefinitionWarning, RecipeStep } from '../definition/definition.ts';
import { variablesOf } from '../recipe/instruction.ts';
import { isLiteral, looksSecret } from '../recipe/secret-names.ts';
import { floatingTag } from '../registry/floating-tag.ts';
import type { PartialPlan } from './plan.ts';

/**
 * A warning for each ENV step that gives a value to names that look secret. Values that are empty, or only name another
 * variable, reveal nothing. A value is never part of a warning.
 */
export function secretWarnings(steps: readonly RecipeStep[]): DefinitionWarning[] {
  return steps.flatMap(({ wire, source: at }) => {
    const names = wire.type.toUpperCase() === 'ENV' ? secretsIn(wire).map(({ name }) => name) : [];
    if (names.length === 0) return [];
    const several = names.length > 1;
    return [
      {
        title: `${several ? 'Secrets' : 'A secret'} in the template`,
        message: `${names.join(', ')}: the service prints the ${several ? 'values' : 'value'} in the log of the build, and everyone who can start a sandbox from this template can read ${several ? 'them' : 'it'}. Give secrets to the sandbox when it starts: Sandbox.create(template, { envs }). If ${several ? 'these are' : 'this is'} not secret, ignore this warning.`,
        ...(at && { at }),
      },
    ];
  });
}

/** A notice about a base image whose tag moves by habit, where the definition names one. */
export function floatingBaseNotices({ recipe, sources }: Definition): DefinitionWarning[] {
  const tag = recipe.fromImage === undefined ? undefined : floatingTag(recipe.fromImage);
  // Without a line, the SDK chose the base, not the definition.
  if (tag === undefined || !sources.base) return [];
  return [
    {
      title: 'A base image that moves',
      message: `${recipe.fromImage} means another image every few days (tag ${tag}), and each time the template is built again, even if nothing else changes. Name a version, such as python:3.12, or a digest.`,
      at: sources.base,
    },
  ];
}

/** The values that ENV and ARG steps give to names that look secret. */
export function secretValues({ wire }: Pick<PartialPlan, 'wire'>): string[] {
  return wire.steps.flatMap(secretsIn).map(({ value }) => value);
}

function secretsIn(step: RecipeStep['wire']): { readonly name: string; readonly value: string }[] {
  return variablesOf(step).flatMap(({ name, value = '' }) =>
    looksSecret(name) && isLiteral(value) ? [{ name, value }] : [],
  );
}

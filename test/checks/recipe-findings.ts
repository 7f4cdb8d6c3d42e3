import { checkRecipe } from '../../src/checks/check-recipe.ts';
import type { CheckLevel } from '../../src/checks/judge.ts';
import type { Definition, RecipeStep } from '../../src/definition/definition.ts';

const file = '/repo/template.ts';

/** Instructions of a recipe and its other parts, whose lines are 2 for the base, 3 and on for steps, 90 for the start. */
export interface Parts extends Partial<Definition['recipe']> {
  readonly run?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What the checks find in a recipe without files: `name at line: message`. */
export async function findings(
  { run = [], env, ...recipe }: Parts,
  level: CheckLevel = 'warn',
): Promise<string[]> {
  const steps: RecipeStep[] = [
    ...(env ? [{ type: 'ENV', args: Object.entries(env).flat() }] : []),
    ...run.map((command) => ({ type: 'RUN', args: [command] })),
  ].map((wire, index) => ({ wire, source: { file, line: index + 3 } }));
  const { warnings } = await checkRecipe(
    {
      ...{ file, kind: 'module', sdk: { from: 'action', version: '2.1.1' }, settings: {}, notices: [] },
      ...{ steps, warnings: [], contextDirectory: '/repo', ignorePatterns: [] },
      recipe: { fromImage: 'python:3.12', ...recipe },
      sources: { base: { file, line: 2 }, start: { file, line: 90 }, ready: { file, line: 90 } },
    },
    [],
    level,
  );
  return warnings.map(({ rule, at, message }) => `${rule} at ${at?.line}: ${message}`);
}

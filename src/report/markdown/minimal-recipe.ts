import type { RecipeBody } from '../../api/types.ts';
import type { RecipeStep } from '../../definition/definition.ts';
import type { Diagnosis } from '../../driver/diagnosis/types.ts';
import type { Plan } from '../../plan/plan.ts';
import { environmentScript, envNames, stepNumber } from '../../recipe/instruction.ts';

/** The part of a definition that still fails in the same way. */
export interface ReproRecipe {
  /** Steps to keep, in order. Never those that the SDK adds by itself while it reads the image. */
  readonly steps: readonly RecipeStep[];
  readonly startCmd?: string;
  readonly readyCmd?: string;
  /** The SDK's own reading of the image matters: its environment and working directory take part. */
  readonly inheritsImage: boolean;
}

/** These failures are about the step itself; no step before it can have a part in them. */
const aboutTheStepAlone =
  /requires files hash|layer tar data to temporary file|ENV requires both|is not implemented/i;

/**
 * Cuts a definition down to what reaches its failure. Left out is only what certainly has no part in it:
 *
 * - steps after the failing one, and start and ready command unless they failed themselves;
 * - all steps, when the base image failed;
 * - all steps before it, when the service refused the step for what it is;
 * - steps that the SDK adds: it adds them again.
 *
 * Every other step stays. An ENV reaches each program that runs after it, and a USER or WORKDIR makes what it
 * names, so none of them can be left out without knowing what the programs do.
 *
 * `undefined` when the failure belongs to no part of the recipe.
 */
export function reproRecipe(
  plan: Plan,
  failure: { readonly stepId?: string; readonly message: string },
  diagnosis?: Diagnosis,
): ReproRecipe | undefined {
  const stepId = failure.stepId ?? diagnosis?.stepId;
  const { definition } = plan;
  if (stepId === 'base') return { steps: [], inheritsImage: false };
  if (stepId === 'finalize') return wholeRecipe(plan);
  const number = stepNumber(stepId) ?? 0;
  const failing = definition.steps[number - 1];
  if (!failing) return undefined;
  if (failing.addedBySdk === 'environment') return { ...wholeRecipe(plan), ...noCommands };
  if (aboutTheStepAlone.test(failure.message)) return { steps: [failing], inheritsImage: false };
  return { steps: definition.steps.slice(0, number), inheritsImage: false };
}

const noCommands = { startCmd: '', readyCmd: '' } as const;

function wholeRecipe(plan: Plan): ReproRecipe {
  const { definition, wire } = plan;
  const inheritsImage = readsImage(wire);
  // A start command without a line of its own came from the image, and comes from there again.
  const inherited = inheritsImage && !definition.sources.start && !definition.sources.ready;
  return {
    steps: definition.steps.filter(
      (step) => !step.addedBySdk || (step.addedBySdk === 'workdir' && !inheritsImage),
    ),
    ...(!inherited && wire.startCmd !== undefined && { startCmd: wire.startCmd }),
    ...(!inherited && wire.readyCmd !== undefined && { readyCmd: wire.readyCmd }),
    inheritsImage,
  };
}

/**
 * Whether the SDK read the image's configuration: then the environment that it writes at the end holds names that
 * no ENV step gives.
 */
function readsImage({ steps }: Pick<RecipeBody, 'steps'>): boolean {
  const script = environmentScript(steps.at(-1) ?? { type: '' });
  if (script === undefined) return false;
  const own = new Set(steps.flatMap(envNames));
  const written = script.matchAll(/^export (\w+)="\$v"$/gm);
  return [...written].some(([, name = '']) => !own.has(name));
}

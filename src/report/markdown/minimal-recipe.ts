import type { RecipeBody } from '../../api/types.ts';
import type { RecipeStep } from '../../definition/definition.ts';
import type { Diagnosis } from '../../driver/diagnosis/failure-classes.ts';
import type { Plan } from '../../plan/plan.ts';
import { environmentScript, envNames, stepNumber } from '../../recipe/instruction.ts';

/** The part of a definition that still fails in the same way. */
export interface ReproRecipe {
  /** Steps to keep, in order, without those that the SDK adds when it reads the image. */
  readonly steps: readonly RecipeStep[];
  readonly startCmd?: string;
  readonly readyCmd?: string;
  /** Whether the SDK must read the image, since its environment and working directory matter. */
  readonly inheritsImage: boolean;
}

/** Failures of the step itself, which no earlier step can cause. */
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
 * `undefined` when the failure belongs to no part of the recipe, or is that of the test.
 */
export function reproRecipe(
  plan: Plan,
  failure: { readonly stepId?: string; readonly message: string },
  diagnosis?: Diagnosis,
): ReproRecipe | undefined {
  if (diagnosis?.class === 'smoke-test') return undefined;
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
  // A start command without a line came from the image, and will again.
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

/** Whether the SDK read the image's configuration: then its last step writes names that no ENV step sets. */
function readsImage({ steps }: Pick<RecipeBody, 'steps'>): boolean {
  const script = environmentScript(steps.at(-1) ?? { type: '' });
  if (script === undefined) return false;
  const own = new Set(steps.flatMap(envNames));
  const written = script.matchAll(/^export (\w+)="\$v"$/gm);
  return [...written].some(([, name = '']) => !own.has(name));
}

import type { PartialPlan, PlanHeader, PlanStep } from '../plan/plan.ts';
import { parseAnnouncedStep, type StepHeaderText } from '../recipe/instruction.ts';
import type { StepHeader } from './events.ts';

/** The plan of a build that another job planned, as far as its log has announced it. */
export interface ObservedPlan {
  /** Its `base`, `steps` and `wire` grow with what is seen. */
  readonly plan: PartialPlan;
  see(header: StepHeader): void;
}

/** What is `known` stands; the rest is taken from the log. */
export function createObservedPlan({
  base: knownBase,
  steps: knownSteps = [],
  ...known
}: PlanHeader): ObservedPlan {
  const announced = new Map<number, StepHeaderText>();
  let base = knownBase ?? { title: '' };
  let steps: readonly PlanStep[] = knownSteps;

  const stepAt = (number: number): PlanStep => {
    const { title = `Step ${number}`, hidden } = announced.get(number) ?? {};
    return { number, title, ...(hidden && { hidden }), ...knownSteps[number - 1] };
  };

  return {
    plan: {
      ...known,
      get base() {
        return base;
      },
      get steps() {
        return steps;
      },
      get wire() {
        const [, template, image] = /^FROM (?:TEMPLATE (\S+)|(\S+))$/.exec(base.title) ?? [];
        return {
          ...(template !== undefined && { fromTemplate: template }),
          ...(image !== undefined && { fromImage: image }),
          steps: steps.map(({ number }) => announced.get(number)?.wire ?? { type: '' }),
        };
      },
    },
    see({ id, number, total = 0, text }) {
      if (id === 'base' && base.title === '' && text.startsWith('FROM ')) base = { title: text.trim() };
      if (number === undefined || number > longestRecipe) return;
      announced.set(number, parseAnnouncedStep(text));
      const length = Math.max(steps.length, number, Math.min(total, longestRecipe));
      steps = Array.from({ length }, (_, index) => stepAt(index + 1));
    },
  };
}

/** More steps than this are not believed: a number in a log must not take all memory. */
const longestRecipe = 10_000;

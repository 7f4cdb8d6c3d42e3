import type { PartialPlan, PlanHeader, PlanStep } from '../plan/plan.ts';
import { parseAnnouncedStep, type StepHeaderText } from '../recipe/instruction.ts';
import type { StepHeader } from './events.ts';

/** The plan of a build that another job planned, as far as its log has announced it. */
export interface ObservedPlan {
  /** `base`, `steps` and `wire` change with what is observed. */
  readonly plan: PartialPlan;
  /** Takes in the header of a step or phase. */
  observe(header: StepHeader): void;
}

/** More steps than this are not believed: a number in a log must not take all memory. */
const longestRecipe = 10_000;

/** Begins with the part of the plan that is given, which stays; the rest is taken from the log. */
export function createObservedPlan({ base, steps: given = [], ...header }: PlanHeader): ObservedPlan {
  const announced = new Map<number, StepHeaderText>();
  const plan: { -readonly [Key in keyof PartialPlan]: PartialPlan[Key] } = {
    ...header,
    base: base ?? { title: '' },
    steps: given,
    wire: { steps: [] },
  };

  const stepAt = (number: number): PlanStep => {
    const { title = `Step ${number}`, addedBySdk } = announced.get(number) ?? {};
    return { number, title, ...(addedBySdk && { addedBySdk }), ...given[number - 1] };
  };

  const updateWire = () => {
    const [, template, image] = /^FROM (?:TEMPLATE (\S+)|(\S+))$/.exec(plan.base.title) ?? [];
    plan.wire = {
      ...(template !== undefined && { fromTemplate: template }),
      ...(image !== undefined && { fromImage: image }),
      steps: plan.steps.map(({ number }) => announced.get(number)?.wire ?? { type: '' }),
    };
  };
  updateWire();

  return {
    plan,
    observe({ id, number, total = 0, text }) {
      const isBase = id === 'base' && plan.base.title === '' && text.startsWith('FROM ');
      if (isBase) plan.base = { title: text.trim() };
      if (number !== undefined && number <= longestRecipe) {
        announced.set(number, parseAnnouncedStep(text));
        const length = Math.max(plan.steps.length, number, Math.min(total, longestRecipe));
        plan.steps = Array.from({ length }, (_, index) => stepAt(index + 1));
      }
      updateWire();
    },
  };
}

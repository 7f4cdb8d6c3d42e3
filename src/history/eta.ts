import type { StepHeader } from '../driver/events.ts';
import type { Plan } from '../plan/plan.ts';
import { type BuildRecord, timeKey } from './last-build.ts';
import { snapshotPlan } from './snapshot.ts';

/** Phases that follow the steps of a recipe, in order. */
const laterPhases = ['finalize', 'optimize'];

/** How long a step or phase usually takes when it is not cached, in milliseconds. */
export function typicalDurations(
  plan: Plan,
  last: BuildRecord | undefined,
): (stepId: string) => number | undefined {
  const record = snapshotPlan(plan);
  return (stepId) => last?.times[timeKey(record, stepId)];
}

/**
 * About how long the rest of a build takes when a step or phase of it begins, in milliseconds. Whatever follows a
 * step that is not cached is not cached either. Nothing for a cached step, and where a time is not known.
 */
export function timeLeft(
  plan: Plan,
  last: BuildRecord | undefined,
): (step: Pick<StepHeader, 'id' | 'number' | 'cached'>) => number | undefined {
  const usual = typicalDurations(plan, last);
  const order = ['base', ...plan.steps.map(({ number }) => String(number)), ...laterPhases];
  return ({ id, cached }) => {
    const from = order.indexOf(id);
    if (cached || from < 0) return undefined;
    let sum = 0;
    for (const later of order.slice(from)) {
      const time = usual(later);
      // A phase that no build went through is none that this one waits for.
      if (time === undefined && laterPhases.includes(later) && later !== id) continue;
      if (time === undefined) return undefined;
      sum += time;
    }
    return sum;
  };
}

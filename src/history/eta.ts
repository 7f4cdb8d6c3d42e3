import type { StepHeader } from '../driver/events.ts';
import type { Plan } from '../plan/plan.ts';
import { type BuildRecord, timeKey } from './last-build.ts';
import { snapshotPlan } from './snapshot.ts';

/** Phases that follow the steps of a recipe, in order. */
const laterPhases = ['finalize', 'optimize'];

/** The typical duration of a step or phase that is not cached, in milliseconds. */
export function typicalDurations(
  plan: Plan,
  last: BuildRecord | undefined,
): (stepId: string) => number | undefined {
  const snapshot = snapshotPlan(plan);
  return (stepId) => last?.times[timeKey(snapshot, stepId)];
}

/**
 * Estimates how long the rest of a build takes when a step or phase begins, in milliseconds. All steps after one that is
 * not cached are not cached either. Nothing for a cached step, or if a duration is unknown.
 */
export function timeLeft(
  plan: Plan,
  last: BuildRecord | undefined,
): (step: Pick<StepHeader, 'id' | 'number' | 'cached'>) => number | undefined {
  const typical = typicalDurations(plan, last);
  const order = ['base', ...plan.steps.map(({ number }) => String(number)), ...laterPhases];
  return ({ id, cached }) => {
    const from = order.indexOf(id);
    if (cached || from < 0) return undefined;
    let sum = 0;
    for (const later of order.slice(from)) {
      const time = typical(later);
      // Some builds do not have the later phases.
      if (time === undefined && laterPhases.includes(later) && later !== id) continue;
      if (time === undefined) return undefined;
      sum += time;
    }
    return sum;
  };
}

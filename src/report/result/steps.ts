import type { BuildOutcome, StepOutcome } from '../../driver/events.ts';
import { isoTime } from '../text/format.ts';
import { placeLabel } from '../text/source-lines.ts';
import { planStep, type StepReference, stepName, stepSource } from '../text/step-names.ts';
import type { ReportedPlan, ResultStep, StepState } from './result.ts';

/** Every step of the recipe and every phase in the log, in the order of the build. */
export function finishedSteps(about: ReportedPlan, outcome: BuildOutcome): ResultStep[] {
  const phases = outcome.steps.filter((step) => step.number === undefined);
  const numbers = new Set(about.plan.steps.map((step) => step.number));
  const seen = new Map<number, StepOutcome>();
  for (const step of outcome.steps) {
    if (step.number === undefined) continue;
    numbers.add(step.number);
    seen.set(step.number, step);
  }
  const seenStep = (step: StepOutcome) => resultStep(about, step, seenState(step, outcome));
  return [
    ...phases.filter((step) => step.id === 'base').map(seenStep),
    ...[...numbers]
      .sort((one, other) => one - other)
      .map((number) => {
        const step = seen.get(number);
        if (step) return seenStep(step);
        return resultStep(about, { id: String(number), number }, unseenState(outcome, number));
      }),
    ...phases.filter((step) => step.id !== 'base').map(seenStep),
  ];
}

/** The steps of a plan, none of which has begun. */
export function plannedSteps(about: ReportedPlan, state: 'pending' | 'not built'): ResultStep[] {
  return about.plan.steps.map(({ number }) => resultStep(about, { id: String(number), number }, state));
}

function seenState({ id, cached, unfinished }: StepOutcome, { failure, status }: BuildOutcome): StepState {
  if (failure?.stepId === id) return 'failed';
  if (cached) return 'cached';
  if (unfinished === undefined) return 'built';
  return status === 'building' ? 'pending' : 'stopped';
}

function unseenState({ failure, status, reused, test }: BuildOutcome, number: number): StepState {
  if (failure?.stepId === String(number)) return 'failed';
  // A ready build ran every step, so one without a header was run and not reported. Only such a build is tested.
  if (status === 'ready' || test) return reused ? 'reused' : 'built';
  return status === 'building' ? 'pending' : 'not reached';
}

function resultStep(
  { plan, workspace, typicalMs }: ReportedPlan,
  step: StepReference & Partial<StepOutcome>,
  state: StepState,
): ResultStep {
  const { id, number, durationMs = Number.NaN } = step;
  const planned = planStep(plan, number);
  const hidden = planned?.addedBySdk ?? step.addedBySdk;
  const usualMs = typicalMs?.(id);
  // The service may write a time in a form that is not a number.
  const startedAt = isoTime(step.startedAt);
  const at = planned?.addedBySdk ? undefined : stepSource(plan, id);
  const files = planned?.files;
  return {
    id,
    ...(number !== undefined && { number }),
    title: stepName(plan, step),
    state,
    cached: state === 'cached',
    ...(Number.isFinite(durationMs) && { durationMs }),
    ...(usualMs !== undefined && { usualMs }),
    ...(startedAt !== undefined && { startedAt }),
    ...(hidden && { hidden }),
    ...(at && { source: placeLabel(at, workspace) }),
    ...(files && {
      files: { source: files.source, count: files.fileCount, bytes: files.bytes, hash: files.hash },
    }),
  };
}

import type { FileManifest } from '../../context/manifest.ts';
import type { BuildOutcome, StepOutcome } from '../../driver/events.ts';
import type { PartialPlan } from '../../plan/plan.ts';
import type { SourceLocation } from '../../problem.ts';
import { planStep, stepName, stepSource } from '../text/step-names.ts';

/**
 * How far a step came; `stopped` when the build ended in the midst of it, `reused` when the build was there already,
 * `pending` when nobody waited for it, `not built` when there was no build.
 */
export type StepState = (typeof stepStates)[number];

export const stepStates = [
  'cached',
  'built',
  'reused',
  'failed',
  'stopped',
  'not reached',
  'pending',
  'not built',
] as const;

/** One step or phase of a build, from the plan and from what happened. */
export interface StepRow {
  readonly id: string;
  readonly number?: number;
  readonly title: string;
  readonly state: StepState;
  readonly hidden?: 'environment' | 'workdir';
  readonly startedAt?: number;
  readonly durationMs?: number;
  /** How long it usually takes when it is not cached. */
  readonly usualMs?: number;
  readonly source?: SourceLocation;
  readonly files?: FileManifest;
}

/** Every step of the recipe and every phase that was seen, in the order of the build. */
export function stepRows(
  plan: PartialPlan,
  outcome: BuildOutcome,
  usual: (stepId: string) => number | undefined = () => undefined,
): StepRow[] {
  const phases = outcome.steps.filter((step) => step.number === undefined);
  const numbers = new Set(plan.steps.map((step) => step.number));
  const seen = new Map<number, StepOutcome>();
  for (const step of outcome.steps) {
    if (step.number === undefined) continue;
    numbers.add(step.number);
    seen.set(step.number, step);
  }
  const row = (step: StepOutcome) => stepRow(plan, outcome, step);
  const rows = [
    ...phases.filter((step) => step.id === 'base').map(row),
    ...[...numbers]
      .sort((one, other) => one - other)
      .map((number) => {
        const step = seen.get(number);
        return step ? row(step) : unseenRow(plan, outcome, number);
      }),
    ...phases.filter((step) => step.id !== 'base').map(row),
  ];
  return rows.map((row) => {
    const usualMs = usual(row.id);
    return usualMs === undefined ? row : { ...row, usualMs };
  });
}

function stepRow(plan: PartialPlan, outcome: BuildOutcome, step: StepOutcome): StepRow {
  const { id, number, startedAt = Number.NaN, durationMs = Number.NaN } = step;
  const hidden = planStep(plan, number)?.hidden ?? step.hidden;
  return {
    id,
    ...(number !== undefined && { number }),
    title: stepName(plan, step),
    state: stateOf(step, outcome),
    ...(hidden && { hidden }),
    // A time that the service wrote in a form of its own is no number.
    ...(Number.isFinite(startedAt) && { startedAt }),
    ...(Number.isFinite(durationMs) && { durationMs }),
    ...fromPlan(plan, id, number),
  };
}

function stateOf({ id, cached, unfinished }: StepOutcome, { failure, status }: BuildOutcome): StepState {
  if (failure?.stepId === id) return 'failed';
  if (cached) return 'cached';
  if (unfinished === undefined) return 'built';
  return status === 'building' ? 'pending' : 'stopped';
}

function unseenRow(plan: PartialPlan, outcome: BuildOutcome, number: number): StepRow {
  const id = String(number);
  const hidden = planStep(plan, number)?.hidden;
  const failed = outcome.failure?.stepId === id;
  const done = outcome.reused ? 'reused' : 'built';
  const unseen = outcome.status === 'building' ? 'pending' : 'not reached';
  return {
    id,
    number,
    title: stepName(plan, { id, number }),
    // A ready build ran every step; one without a header of its own was not reported, rather than left out.
    state: failed ? 'failed' : outcome.status === 'ready' ? done : unseen,
    ...(hidden && { hidden }),
    ...fromPlan(plan, id, number),
  };
}

function fromPlan(
  plan: PartialPlan,
  id: string,
  number: number | undefined,
): Pick<StepRow, 'source' | 'files'> {
  const source = planStep(plan, number)?.hidden ? undefined : stepSource(plan, id);
  const files = planStep(plan, number)?.files;
  return { ...(source && { source }), ...(files && { files }) };
}

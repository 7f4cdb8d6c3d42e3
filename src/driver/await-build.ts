import type { AwaitedBuild } from '../api/types.ts';
import type { FollowContext } from './context.ts';
import { withDiagnosis } from './diagnosis/diagnose.ts';
import type { AbortReason, BuildOutcome, StepOutcome } from './events.ts';
import { failureOf, failureOfError, followToEnd } from './follow.ts';
import type { ObservedPlan } from './observed-plan.ts';
import { createStepTracker } from './step-tracker.ts';
import { defaultTiming } from './timing.ts';

/**
 * Follows a build that another job started, from the first line of its log on. Emits what happens and resolves with
 * how it ended, also when it failed, is given up or the service stops answering. The plan takes in what the log
 * announces before that is emitted.
 */
export async function awaitBuild(
  build: AwaitedBuild,
  { plan, observe }: ObservedPlan,
  deps: FollowContext,
): Promise<BuildOutcome> {
  const { templateId, buildId } = build;
  const { name, tags } = plan;
  const tracker = createStepTracker(plan.steps);
  const emit: FollowContext['emit'] = (event) => {
    if (event.type === 'step-started') observe(event.step);
    deps.emit(event);
  };
  const finish = (status: BuildOutcome['status'], rest: Partial<BuildOutcome> = {}): BuildOutcome => {
    const steps = tracker.outcomes();
    const now = Date.now() + (deps.client.clockAheadMs() ?? 0);
    const durationMs = durationOf(steps, build.createdAt, status === 'building' ? now : undefined);
    const outcome = withDiagnosis(plan, {
      ...{ status, templateId, buildId, name, tags, steps, durationMs },
      ...rest,
    });
    emit({ type: 'finished', outcome });
    return outcome;
  };

  try {
    const timing = { ...defaultTiming, ...deps.timing };
    const final = await followToEnd(tracker, build, { ...deps, emit }, timing);
    return final.status === 'ready'
      ? finish('ready')
      : finish('error', { failure: failureOf(final, tracker) });
  } catch (error) {
    for (const event of tracker.end()) emit(event);
    if (deps.signal.aborted) return finish('building', { abortedBy: deps.signal.reason as AbortReason });
    return finish('building', { failure: failureOfError(error) });
  }
}

/** From the registration, or the first step, to the last line of the last step, or to now. */
function durationOf(
  steps: readonly StepOutcome[],
  createdAt: number | undefined,
  now: number | undefined,
): number {
  const starts = steps.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [startedAt]));
  const ends = steps.map(({ startedAt = 0, durationMs = 0 }) => startedAt + durationMs);
  const from = createdAt ?? Math.min(...starts);
  const until = now ?? Math.max(...ends);
  return Number.isFinite(from) && Number.isFinite(until) ? Math.max(0, until - from) : 0;
}

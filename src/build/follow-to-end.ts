import { ProblemsError } from '../problem.ts';
import { runnerTrouble } from '../runner-trouble.ts';
import { ServiceError } from '../service/errors.ts';
import type { BuildStatus } from '../service/schemas.ts';
import type { FollowDeps } from './deps.ts';
import type { BuildFailure } from './events.ts';
import { type BuildIds, follow } from './follow.ts';
import type { StepTracker } from './steps.ts';
import type { BuildTiming } from './timing.ts';

/** Follows a build to its end and emits what its log says. Rejects with a `ServiceError`, or with the signal's reason. */
export async function followToEnd(
  tracker: StepTracker,
  build: BuildIds,
  deps: FollowDeps,
  timing: BuildTiming,
): Promise<BuildStatus> {
  const pages = follow(deps.client, build, {
    timing,
    signal: deps.signal,
    notice: (message) => deps.emit({ type: 'notice', message }),
  });
  for (;;) {
    const page = await pages.next();
    if (page.done) {
      for (const event of tracker.end(page.value)) deps.emit(event);
      return page.value;
    }
    for (const entry of page.value) for (const event of tracker.take(entry)) deps.emit(event);
  }
}

/** A problem of a file or of this machine, or a request that did not work out; anything else is a mistake of ours. */
export function failureOfError(error: unknown): BuildFailure {
  if (error instanceof ProblemsError) return { message: error.message, lastLines: [] };
  const runner = runnerTrouble(error);
  if (runner) return { message: (error as Error).message, lastLines: [], runner };
  if (!(error instanceof ServiceError)) throw error;
  const { message, kind, request, host, status, said } = error;
  return { message, lastLines: [], request: { kind, request, host, status, said } };
}

/** Why the service says that a build failed, with the last lines of the step that it names. */
export function failureOf(final: BuildStatus, tracker: StepTracker): BuildFailure {
  const stepId = final.reason?.step;
  return {
    message: final.reason?.message || 'The service gave no reason.',
    ...(stepId !== undefined && { stepId }),
    lastLines: stepId === undefined ? [] : tracker.lastLines(stepId),
  };
}

import type { Plan } from '../plan/plan.ts';
import type { BuildContext } from './context.ts';
import { withDiagnosis } from './diagnosis/diagnose.ts';
import type { AbortReason, BuildOutcome } from './events.ts';
import { failureOf, failureOfError, followToEnd } from './follow.ts';
import { type RegisteredBuild, register } from './register.ts';
import { type StartResult, start } from './start.ts';
import { createStepTracker } from './step-tracker.ts';
import type { BuildTiming } from './timing.ts';
import { requestLinksEarly, uploadFiles } from './upload.ts';

export interface AttemptOptions {
  /** 1 for the first build, 2 for the one that replaces it, and so on. */
  readonly attempt: number;
  /** When the first build began, milliseconds since the epoch by our clock. */
  readonly startedAt: number;
  readonly wait: boolean;
}

/**
 * Makes one build, from registration to its end, or with `wait: false` to its start. Resolves with its outcome, also
 * if it failed, was aborted or the service stopped responding. Rejects only before there is a build.
 */
export async function buildOnce(
  plan: Plan,
  { attempt, startedAt, wait }: AttemptOptions,
  deps: BuildContext,
  timing: BuildTiming,
): Promise<BuildOutcome> {
  const tracker = createStepTracker(plan.steps);
  const { templateBefore, client } = deps;
  let links = templateBefore && requestLinksEarly(plan, templateBefore.templateId, client);
  let build = await registerBuild(plan, attempt, deps, timing);
  const outcome = (status: BuildOutcome['status'], rest: Partial<BuildOutcome> = {}) =>
    withDiagnosis(plan, {
      status,
      templateId: build.templateId,
      buildId: build.buildId,
      name: plan.name,
      tags: build.tags,
      steps: tracker.outcomes(),
      durationMs: Date.now() - startedAt,
      ...rest,
    });

  let started: StartResult | undefined;
  try {
    for (;;) {
      await uploadFiles(plan, build.templateId, deps, timing, links);
      links = undefined;
      started = await start(build, plan.wire, deps);
      if (started !== 'not-ours') break;
      notice(deps, `Build ${build.buildId} belongs to another job. Registering a new one.`);
      build = await registerBuild(plan, attempt, deps, timing);
    }
    if (started === 'started') deps.emit({ type: 'started' });
    else notice(deps, `The service broke while it started build ${build.buildId}.`);
    if (started === 'started' && !wait) return outcome('building');
    const final = await followToEnd(tracker, build, deps, timing);
    return final.status === 'ready'
      ? outcome('ready')
      : outcome('error', { failure: failureOf(final, tracker) });
  } catch (error) {
    for (const event of tracker.end()) deps.emit(event);
    // A started build continues at the service.
    const status = started === 'started' ? 'building' : 'error';
    if (deps.signal.aborted) return outcome(status, { abortedBy: deps.signal.reason as AbortReason });
    return outcome(status, { failure: failureOfError(error) });
  }
}

async function registerBuild(
  plan: Plan,
  attempt: number,
  deps: BuildContext,
  timing: BuildTiming,
): Promise<RegisteredBuild> {
  const build = await register(plan, deps, timing);
  const { templateId, buildId, tags } = build;
  deps.emit({ type: 'registered', templateId, buildId, tags, attempt });
  return build;
}

function notice({ emit }: BuildContext, message: string): void {
  emit({ type: 'notice', message });
}

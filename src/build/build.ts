import type { Plan } from '../plan/plan.ts';
import { ProblemsError } from '../problem.ts';
import type { ServiceClient } from '../service/client.ts';
import { ServiceError } from '../service/errors.ts';
import type { BuildStatus, Registration } from '../service/types.ts';
import { diagnosed } from './diagnosis/diagnose.ts';
import type { BuildEvent, BuildFailure, BuildOutcome } from './events.ts';
import { follow, type Pace } from './follow.ts';
import { createStepTracker, type StepTracker } from './steps.ts';
import { uploadFiles } from './upload.ts';

export interface BuildDeps {
  readonly client: ServiceClient;
  readonly emit: (event: BuildEvent) => void;
  /** Directory for archives on their way; must exist. */
  readonly temporaryDirectory: string;
  /** Given up when aborted; the reason is an {@link Interruption}. */
  readonly signal: AbortSignal;
  readonly pace?: Pace;
}

/** Why a build was given up here while it goes on at the service. */
export type Interruption = 'timeout' | 'interrupted';

const shownLines = 30;

/**
 * Registers a build, uploads what its COPY steps need, starts it and follows it to its end (with `wait: false`
 * only to its start). Emits what happens and resolves with how it ended, also when the build fails, is given up
 * or the service stops answering. Rejects only before there is a build: with a `ServiceError`, or with the
 * signal's reason.
 */
export async function build(plan: Plan, options: { wait: boolean }, deps: BuildDeps): Promise<BuildOutcome> {
  const startedAt = Date.now();
  const registration = await deps.client.register({
    name: plan.name,
    tags: [...plan.tags],
    cpuCount: plan.cpuCount,
    memoryMB: plan.memoryMb,
  });
  const ids = { templateId: registration.templateID, buildId: registration.buildID };
  const tags = sortedTags(registration, plan);
  deps.emit({ type: 'registered', ...ids, tags });

  const tracker = createStepTracker(plan.steps);
  const outcome = (status: BuildOutcome['status'], rest: Partial<BuildOutcome> = {}): BuildOutcome => ({
    status,
    ...ids,
    name: plan.name,
    tags,
    steps: tracker.outcomes(),
    durationMs: Date.now() - startedAt,
    ...rest,
  });

  let end: BuildOutcome;
  let started = false;
  try {
    await uploadFiles(plan, ids.templateId, deps);
    await deps.client.start(ids.templateId, ids.buildId, plan.wire);
    started = true;
    deps.emit({ type: 'started' });
    const final = options.wait ? await followToEnd(tracker, ids, deps) : undefined;
    if (!final) end = outcome('building');
    else if (final.status === 'ready') end = outcome('ready');
    else end = outcome('error', { failure: failureOf(final, tracker) });
  } catch (error) {
    for (const event of tracker.end()) deps.emit(event);
    // What was started goes on at the service, whether we look or not.
    const status = started ? 'building' : 'error';
    if (deps.signal.aborted) end = outcome(status, { stopped: deps.signal.reason as Interruption });
    else end = outcome(status, { failure: failureOfError(error) });
  }
  end = diagnosed(plan, end);
  deps.emit({ type: 'finished', outcome: end });
  return end;
}

async function followToEnd(
  tracker: StepTracker,
  ids: { templateId: string; buildId: string },
  deps: BuildDeps,
): Promise<BuildStatus | undefined> {
  let last: BuildStatus | undefined;
  for await (const page of follow(deps.client, ids, {
    signal: deps.signal,
    ...(deps.pace && { pace: deps.pace }),
  })) {
    for (const entry of page.logEntries) for (const event of tracker.take(entry)) deps.emit(event);
    last = page;
  }
  for (const event of tracker.end()) deps.emit(event);
  return last;
}

/** A problem of a file, or a request that did not work out; anything else is a mistake of ours. */
function failureOfError(error: unknown): BuildFailure {
  if (error instanceof ProblemsError) return { message: error.message, lastLines: [] };
  if (!(error instanceof ServiceError)) throw error;
  const { message, kind, request, host, status, said } = error;
  return { message, lastLines: [], request: { kind, request, host, status, said } };
}

/** The service gives the tags in no particular order; those that were asked for keep the order of asking. */
function sortedTags(registration: Registration, plan: Plan): string[] {
  const rank = (tag: string) => (plan.tags.includes(tag) ? plan.tags.indexOf(tag) : plan.tags.length);
  return [...(registration.tags ?? plan.tags)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function failureOf(final: BuildStatus, tracker: StepTracker): BuildFailure {
  const stepId = final.reason?.step;
  return {
    message: final.reason?.message ?? 'The service gave no reason.',
    ...(stepId !== undefined && { stepId }),
    lastLines: stepId === undefined ? [] : tracker.lastLines(stepId).slice(-shownLines),
  };
}

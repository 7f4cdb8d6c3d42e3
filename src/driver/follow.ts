import type { ServiceClient } from '../api/client.ts';
import type { BuildStatus, LogEntry } from '../api/schemas.ts';
import type { BuildRef } from '../api/types.ts';
import { isNotFound, isTransient, ServiceError } from '../http/errors.ts';
import { withRetry } from '../http/retry.ts';
import { pause } from '../http/sleep.ts';
import { ProblemsError } from '../problem.ts';
import { runnerTrouble } from '../runner-errors.ts';
import type { FollowContext } from './context.ts';
import type { BuildFailure } from './events.ts';
import { createLogCursor } from './log-cursor.ts';
import { createLogRoutes } from './log-routes.ts';
import { pageSize } from './page-reader.ts';
import type { StepTracker } from './step-tracker.ts';
import type { BuildTiming } from './timing.ts';

/** Failures of the status route in a row after which the log is read from the other route meanwhile. */
const failuresUntilOtherRoute = 5;

/** The service may not find a build everywhere at once when it was just registered. */
const mostNotFound = 3;

interface FollowOptions {
  readonly timing: Pick<BuildTiming, 'pace' | 'polling' | 'refusals' | 'rereadDelaysMs'>;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
}

/**
 * Follows a build to its end: gives its log in order, each entry once, page by page, and returns the final
 * status. Retries through an outage as long as the polling policy allows, and for a short time when the API itself
 * refuses a build that was there before. Rejects with a `ServiceError`, or with the signal's reason.
 *
 * Neither a final status nor an empty page says that the log is read to its end. The end is the build's last line, or
 * the point where further requests on both routes bring nothing. Tags and outputs depend on the final status, and one
 * server may be ahead of the others or wrong. So a final status counts when a second response repeats it, or when the
 * second request fails and the last line of the log says the same.
 */
export async function* follow(
  client: ServiceClient,
  build: BuildRef,
  { timing, signal, notice }: FollowOptions,
): AsyncGenerator<readonly LogEntry[], BuildStatus> {
  const { pace, polling, refusals, rereadDelaysMs } = timing;
  const retrier = client.retrier('GET build status', polling);
  const refusalRetrier = client.retrier('GET build status', refusals, () => true);
  const cursor = createLogCursor();
  const { byCount, byTime } = createLogRoutes(client.noRetry, build, cursor);
  let pauseMs = pace.firstMs;
  let emptyAtEnd = 0;
  let notFound = 0;
  /** The last response, if its status was final. */
  let end: BuildStatus | undefined;

  for (;;) {
    signal.throwIfAborted();
    const sentAt = performance.now();
    let response: Awaited<ReturnType<typeof byCount>>;
    try {
      response = await byCount();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (end && cursor.finalState === end.status) return end;
      if (isNotFound(error)) {
        notFound += 1;
        if (notFound >= mostNotFound) throw removed(error, build);
        await pause(pace.longestMs, signal);
        continue;
      }
      if (!isTransient(error)) {
        await refusalRetrier.backoff(error);
        continue;
      }
      if (retrier.failures + 1 === failuresUntilOtherRoute) {
        notice('The status of the build cannot be read; its log is read without it, as far as possible.');
      }
      if (retrier.failures + 1 >= failuresUntilOtherRoute) yield* byTime();
      await retrier.backoff(error);
      continue;
    }
    retrier.reset();
    refusalRetrier.reset();
    notFound = 0;
    if (!response) {
      emptyAtEnd = 0;
      await pause(pace.busyMs, signal);
      continue;
    }
    const { page, entries } = response;
    if (entries.length > 0) {
      emptyAtEnd = 0;
      yield entries;
    }
    if (entries.length >= pageSize) continue;
    // The same full page again: only the other route has what comes after it.
    if (entries.length === 0 && page.logEntries.length >= pageSize) yield* byTime();
    // An unknown status means that the build is running.
    if (page.status !== 'ready' && page.status !== 'error') {
      end = undefined;
      emptyAtEnd = 0;
      const isProgressing = entries.length > 0 || cursor.finalState !== undefined;
      pauseMs = Math.min(pauseMs, isProgressing ? pace.busyMs : pace.longestMs);
      // Counted from the request, so that a slow network makes polls no rarer.
      await pause(Math.max(pauseMs - (performance.now() - sentAt), pauseMs / 2), signal);
      pauseMs *= pace.growth;
      continue;
    }
    const isConfirmed = end?.status === page.status;
    if (!isConfirmed) emptyAtEnd = 0;
    end = page;
    if (cursor.finalState === page.status) {
      if (isConfirmed) return page;
      // Nothing comes after the last line, so the second response need not be late.
      continue;
    }
    const rereadMs = rereadDelaysMs[emptyAtEnd];
    if (isConfirmed && rereadMs === undefined) {
      yield* byTime(retriedLogs(client));
      return page;
    }
    if (entries.length === 0) emptyAtEnd += 1;
    await pause(rereadMs ?? pace.longestMs, signal);
  }
}

/** A 404 is final here: the service may not have this route. */
function retriedLogs({ noRetry: once, retrier }: ServiceClient): ServiceClient['logs'] {
  const repeats = (error: ServiceError) => isTransient(error) && error.status !== 404;
  return (...args) => withRetry(retrier('GET build log', undefined, repeats), () => once.logs(...args));
}

function removed(error: ServiceError, { buildId }: BuildRef): ServiceError {
  const { kind, request, host, status, said } = error;
  return new ServiceError({
    ...{ kind, request, host, status, said, cause: error },
    message: `The service no longer finds build ${buildId}: its last tag was removed meanwhile, or moved with its template. It still runs, but its state and its log can no longer be read.`,
  });
}

/** Follows a build to its end and emits what its log says. Rejects with a `ServiceError`, or with the signal's reason. */
export async function followToEnd(
  tracker: StepTracker,
  build: BuildRef,
  deps: FollowContext,
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

/** A problem with a file or this machine, or a request that failed; anything else is a bug and is thrown. */
export function failureOfError(error: unknown): BuildFailure {
  if (error instanceof ProblemsError) return { message: error.message, lastLines: [] };
  const runner = runnerTrouble(error);
  if (runner) return { message: (error as Error).message, lastLines: [], runner };
  if (!(error instanceof ServiceError)) throw error;
  const { message, kind, request, host, status, said } = error;
  return { message, lastLines: [], request: { kind, request, host, status, said } };
}

/** The service's reason for a failed build, with the last lines of the step that it names. */
export function failureOf(final: BuildStatus, tracker: StepTracker): BuildFailure {
  const stepId = final.reason?.step;
  return {
    message: final.reason?.message || 'The service gave no reason.',
    ...(stepId !== undefined && { stepId }),
    lastLines: stepId === undefined ? [] : tracker.lastLines(stepId),
  };
}

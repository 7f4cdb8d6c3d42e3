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

/** A build that was just registered may not be found everywhere at once. */
const mostNotFound = 3;

interface FollowOptions {
  readonly timing: Pick<BuildTiming, 'pace' | 'polling' | 'refusals' | 'rereads'>;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
}

/**
 * Follows a build to its end: gives its log in order, each entry once, page by page, and returns the final
 * status. An outage is borne as long as the polling budget lasts, and the API's own refusal of a build that was there
 * a moment ago for a little while. Rejects with a `ServiceError`, or with the signal's reason.
 *
 * A final status says nothing about how much of the log is unread, and an empty page does not either, so the end is
 * where the build's last line is, or where looking again and asking the other route brought nothing. Tags and outputs
 * hang on the final status, and whoever answers may be ahead of the others or plainly wrong. It is therefore believed
 * when a second look finds it again, or when that look fails and the last line of the log says the same.
 */
export async function* follow(
  client: ServiceClient,
  build: BuildRef,
  { timing, signal, notice }: FollowOptions,
): AsyncGenerator<readonly LogEntry[], BuildStatus> {
  const { pace, polling, refusals, rereads } = timing;
  const patience = client.retrier('GET build status', polling);
  const refusal = client.retrier('GET build status', refusals, () => true);
  const position = createLogCursor();
  const { byCount, byTime } = createLogRoutes(client.noRetry, build, position);
  let pauseMs = pace.shortestMs;
  let emptyAtEnd = 0;
  let notFound = 0;
  /** The last answer, where it was a final one. */
  let end: BuildStatus | undefined;

  for (;;) {
    signal.throwIfAborted();
    let answer: Awaited<ReturnType<typeof byCount>>;
    try {
      answer = await byCount();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (end && position.ended === end.status) return end;
      if (isNotFound(error)) {
        notFound += 1;
        if (notFound >= mostNotFound) throw removed(error, build);
        await pause(pace.longestMs, signal);
        continue;
      }
      if (!isTransient(error)) {
        await refusal.backoff(error);
        continue;
      }
      if (patience.failures + 1 === failuresUntilOtherRoute) {
        notice('The status of the build cannot be read; its log is read without, as far as that goes.');
      }
      if (patience.failures + 1 >= failuresUntilOtherRoute) yield* byTime();
      await patience.backoff(error);
      continue;
    }
    patience.reset();
    refusal.reset();
    notFound = 0;
    if (!answer) {
      await pause(pace.shortestMs, signal);
      continue;
    }
    const { page, entries } = answer;
    if (entries.length > 0) {
      emptyAtEnd = 0;
      yield entries;
    }
    if (entries.length >= pageSize) continue;
    // The same full page again: what comes after it is found on the other route alone.
    if (entries.length === 0 && page.logEntries.length >= pageSize) yield* byTime();
    // A status that nobody knows yet is one of a build that goes on.
    if (page.status !== 'ready' && page.status !== 'error') {
      end = undefined;
      emptyAtEnd = 0;
      const moves = entries.length > 0 || position.ended !== undefined;
      pauseMs = moves ? pace.shortestMs : Math.min(pauseMs * 1.5, pace.longestMs);
      await pause(pauseMs, signal);
      continue;
    }
    const seenBefore = end?.status === page.status;
    if (!seenBefore) emptyAtEnd = 0;
    end = page;
    if (seenBefore && position.ended === page.status) return page;
    const rereadMs = rereads[emptyAtEnd];
    if (seenBefore && rereadMs === undefined) {
      yield* byTime(patientLogs(client));
      return page;
    }
    if (entries.length === 0) emptyAtEnd += 1;
    await pause(rereadMs ?? pace.longestMs, signal);
  }
}

/** A service may do without this route, and who stands in front of it says so. */
function patientLogs({ noRetry: once, retrier }: ServiceClient): ServiceClient['logs'] {
  const repeats = (error: ServiceError) => isTransient(error) && error.status !== 404;
  return (...args) => withRetry(retrier('GET build log', undefined, repeats), () => once.logs(...args));
}

function removed(error: ServiceError, { buildId }: BuildRef): ServiceError {
  const { kind, request, host, status, said } = error;
  return new ServiceError({
    ...{ kind, request, host, status, said, cause: error },
    message: `The service no longer finds build ${buildId}: its last tag was removed meanwhile, or moved with its template. It goes on where it runs, but nobody can look at it.`,
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
